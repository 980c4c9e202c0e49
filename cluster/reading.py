"""Documents that were read and stand in no shard yet: each piece once, by the hash of what it is.

FOLDER/read/ab/abcdef...    a line of JSON with the articles and notices, then the piece's bytes
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

from pincite.cluster.build import READ
from pincite.cluster.sources import Piece, as_file
from pincite.index.article import Article
from pincite.index.formats.contents import Limits, Notice
from pincite.index.intake import READING, Given, Taken, take
from pincite.index.known import Metadata
from pincite.index.manifest import write_durably
from pincite.index.versions import article_of, fields_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a piece once it was read.

    Attributes:
        file: the number of its file among all.
        name, number, before: as in `Piece`.
        known: what is known of its file beside its bytes, as JSON.
        digest: names what was read.
        ids: that its articles ask for, in order.
        paragraphs: in its articles.
        notices: what could not be taken, and how what is doubtful was.
    """

    file: int
    name: str
    number: int
    before: int
    known: str
    digest: str
    ids: tuple[str, ...]
    paragraphs: int
    notices: tuple[Notice, ...]


def read(folder: Path, file: int, known: str, piece: Piece, limits: Limits) -> Reading:
    """Read a piece and keep what came of it, or take what was kept when it was read before."""
    digest = _digest(piece, known, limits)
    kept = path(folder, digest)
    if kept.is_file():
        taken = _kept(kept)[0]
    else:
        taken = _taken(piece, known, limits)
        kept.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "articles": [fields_of(article) for article in taken.articles],
            "notices": [asdict(notice) for notice in taken.notices],
        }
        # Not through the name of another process that reads the same piece.
        staged = kept.with_name(f"{digest}.{os.getpid()}")
        write_durably(staged, json.dumps(about).encode() + b"\n" + piece.data)
        staged.replace(kept)
    return Reading(
        *(file, piece.name, piece.number, piece.before, known, digest),
        tuple(article.id for article in taken.articles),
        sum(len(article.paragraphs) for article in taken.articles),
        taken.notices,
    )


def restore(
    folder: Path, readings: Sequence[Reading], ids: Sequence[Sequence[str]]
) -> tuple[Given, Taken]:
    """The pieces of one file, which follow each other, as one file, and what was read of it.

    Args:
        ids: of the articles of each piece, in order: those that it got.
    """
    articles: list[Article] = []
    notices: list[Notice] = []
    data = b""
    for reading, of in zip(readings, ids, strict=True):
        taken, some = _kept(path(folder, reading.digest))
        data += some
        notices += taken.notices
        articles += (replace(a, id=id_) for a, id_ in zip(taken.articles, of, strict=True))
    first = readings[0]
    whole = as_file(first.name, first.before, data)
    known = Metadata.model_validate_json(first.known)
    return Given(first.name, whole, known), Taken(tuple(articles), tuple(notices))


def path(folder: Path, digest: str) -> Path:
    """Where a reading is kept."""
    return folder / READ / digest[:2] / digest


def _taken(piece: Piece, known: str, limits: Limits) -> Taken:
    if piece.problem:
        return Taken((), (Notice(piece.name, piece.problem),))
    data = as_file(piece.name, piece.before, piece.data)
    return take(Given(piece.name, data, Metadata.model_validate_json(known)), limits)


def _kept(path: Path) -> tuple[Taken, bytes]:
    line, _, data = path.read_bytes().partition(b"\n")
    about = json.loads(line)
    articles = tuple(article_of(fields) for fields in about["articles"])
    return Taken(articles, tuple(Notice(**one) for one in about["notices"])), data


def _digest(piece: Piece, known: str, limits: Limits) -> str:
    about = [READING, piece.name, piece.number, piece.before, piece.problem, known, astuple(limits)]
    return hashlib.sha256(json.dumps(about).encode() + b"\n" + piece.data).hexdigest()
