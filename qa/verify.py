"""Check an answer's citations again, perhaps years later, against what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pincite.errors import DocumentsDamaged, InvalidRequest
from pincite.index.documents import Documents
from pincite.index.versions import Version

_FORM = "It is what `pincite ask --json` or /v1/ask gives."


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a citation.

    Attributes:
        number: the citation's.
        article: the article's id.
        stands: whether the quote stands in a version of the article that is kept, at its place,
            and the original of that version is what was given.
        version: the number of that version, or None.
        said: the same in words.
    """

    number: int
    article: str
    stands: bool
    version: int | None
    said: str

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values."""
        return asdict(self)


def verify(answer: Mapping[str, Any], documents: Documents) -> list[Checked]:
    """Check every citation of an answer, those of the nearest paragraphs too.

    Args:
        answer: the JSON of an answer.

    Raises:
        InvalidRequest: that is none.
    """
    try:
        cited: Sequence[Mapping[str, Any]] = [*answer["citations"], *answer["nearest"]]
        places = [
            (int(c["number"]), str(c["article"]["id"]), str(c["quote"]), c["start"], c["end"])
            for c in cited
        ]
        if not all(isinstance(n, int) for place in places for n in place[3:]):
            raise TypeError("a citation's place is no number")
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRequest(f"that is no answer: {error!r}", _FORM) from error
    return [_checked(documents, *place) for place in places]


def _checked(
    documents: Documents, number: int, id_: str, quote: str, start: int, end: int
) -> Checked:
    versions = documents.versions(id_)
    if not versions:
        return Checked(number, id_, False, None, "no version of the article is kept")
    for version in versions:
        try:
            ((_, article),) = documents.articles([version.number])
        except DocumentsDamaged as error:
            return Checked(number, id_, False, version.number, error.message)
        if not 0 <= start < end or article.text[start:end] != quote:
            continue
        try:
            documents.originals.read(version.original)
        except DocumentsDamaged as error:
            return Checked(number, id_, False, version.number, f"it stands, but {error.message}")
        return Checked(number, id_, True, version.number, _when(version))
    return Checked(number, id_, False, None, "the quote does not stand there in any version kept")


def _when(version: Version) -> str:
    if version.ended is None:
        return "stands in the present text"
    return f"stands in the text of {version.added[:10]}, {version.state} on {version.ended[:10]}"
