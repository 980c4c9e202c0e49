"""Pincite: answers in the sources' own words, each with a citation to check.

The pipeline is the folders: `index` is everything before a question arrives,
`qa` everything after, `api` is how people reach it, `eval` is how we know.
They are installed inside this package (`pincite.index`, `pincite.qa`, ...), which
holds what all of them share: the settings and the errors.
"""

__version__ = "0.1.0"
