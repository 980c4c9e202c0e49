"""The licences of what Pincite needs to run: none asks anything of those who use or change it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

PERMISSIVE = re.compile(
    r"(apache|bsd|mit\b|0bsd|isc\b|psf|python|cnri|zlib|hpnd|cc0|bsl-1|boost|unlicense|llvm)", re.I
)
COPYLEFT = re.compile(r"gpl|mozilla|mpl|eupl|cddl|epl-|sspl|cecill|gnu", re.I)

# The Mozilla Public License asks that changes of the licensed files themselves be published, and
# nothing of what is used with them. None of these is changed or shipped by us. `tld` (of courlan,
# of trafilatura) leaves the choice between three; the first is taken.
FILE_LEVEL = {
    "certifi": "MPL-2.0",
    "tqdm": "MPL-2.0 AND MIT",
    "tld": "MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later",
}


def named(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name: str, extras: tuple[str, ...], seen: dict[str, Distribution]) -> None:
    """Collect what is needed to run a package, as far as it is for this system."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return  # for another system
    if named(name) in seen and not extras:
        return
    seen[named(name)] = found
    for line in found.requires or []:
        wanted = Requirement(line)
        if wanted.marker is None or any(
            wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            needed(wanted.name, tuple(wanted.extras), seen)


def licences(of: Distribution) -> Iterator[str]:
    """What a package says of its licence, the surest first."""
    about = of.metadata
    if expressions := about.get_all("License-Expression"):
        yield from expressions
        return
    classified = [
        line.rpartition("::")[2].strip()
        for line in about.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    yield from classified
    # It may hold the licence's whole text, which names nothing in its first line.
    for said in about.get_all("License") or []:
        if not classified or len(said) < 100:
            yield said.partition("\n")[0]


def test_nothing_that_is_needed_is_copyleft() -> None:
    seen: dict[str, Distribution] = {}
    needed("pincite", (), seen)
    assert {"numpy", "trafilatura", "tld", "torch", "onnxruntime"} <= seen.keys()
    assert not {"fpdf2", "python-docx", "schemathesis"} & seen.keys()  # for the tests alone
    wrong = {}
    for name, found in seen.items():
        said = list(licences(found))
        if name in FILE_LEVEL:
            assert FILE_LEVEL[name] in said, (name, said)
        elif not said or any(COPYLEFT.search(s) or not PERMISSIVE.search(s) for s in said):
            wrong[name] = said
    assert wrong == {}
