"""The closed classes of words that a question is built with: auxiliaries, prepositions, ..."""

from __future__ import annotations

DO = frozenset("do does did".split())
BE = frozenset("is are was were".split())
HAVE = frozenset("has have had".split())
MODAL = frozenset("will would can could shall should may might must".split())
AUXILIARIES = DO | BE | HAVE | MODAL
DETERMINERS = frozenset("the a an this that these those his her its their our my your no".split())
PREPOSITIONS = frozenset(
    """of to in on at by for from with about into over near under through during against
    between among after before since until towards toward across inside outside off behind
    around along without within upon per besides""".split()
)
PRONOUNS = frozenset("he she it they we you i there anyone anybody someone everyone".split())
QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())
