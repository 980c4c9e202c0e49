"""Read a folder of articles: `*.txt` files, and `*.jsonl` or `*.jsonl.gz` with one article a line.

A text file's metadata stands in `metadata.json` in the corpus folder:
`{"articles": {FILE: {"publisher", "title", "published", "kind"}}, "examples":
[QUESTION, ...]}`, every field optional. A JSON line carries its own: `{"id", "text", "title",
"publisher", "published", "kind"}`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pincite.errors import CorpusError
from pincite.index.article import CITABLE, Article, Block, Role
from pincite.index.blocks import parse

METADATA = "metadata.json"
LEAD_CHARS = 80  # of an article without a title, shown in its place


class Metadata(BaseModel):
    """What is known of an article beside its text; null where the article doesn't say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: str | None = None
    title: str | None = None
    published: str | None = None
    kind: str | None = None
    read_off: dict[str, str] = {}


class MetadataFile(BaseModel):
    """What `metadata.json` of a folder holds."""

    model_config = ConfigDict(extra="forbid")

    articles: dict[str, Metadata] = {}
    examples: list[str] = []


class Line(BaseModel):
    """One article of a JSON-lines file; what else a line holds is left alone."""

    id: str | None = None
    text: str
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as it was read, before it is parsed.

    Attributes:
        id, file: as in `Article`.
    """

    id: str
    file: str
    text: str
    known: Metadata

    def parsed(self) -> Article:
        """The article."""
        return article(self.id, self.file, self.text, self.known)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of articles as it stood when it was scanned.

    Attributes:
        folder: the folder.
        files: the article files, in the order of their path.
        digest: sha256 over the paths and bytes of the files and the metadata.
    """

    folder: Path
    files: tuple[Path, ...]
    digest: str

    def articles(self) -> Iterator[Article]:
        """The articles one by one, so that memory does not grow with the corpus.

        Raises:
            CorpusError: a file can't be read, is not UTF-8 text or not of its form.
        """
        return (draft.parsed() for draft in self.drafts())

    def drafts(self) -> Iterator[Draft]:
        """The articles before they are parsed; raises as `articles` does."""
        metadata = read_metadata(self.folder).articles
        taken: set[str] = set()
        for path in self.files:
            name = path.relative_to(self.folder).as_posix()
            if path.suffix == ".txt":
                known = metadata.get(name, Metadata())
                id_ = _unused(slug(name.removesuffix(".txt")), taken)
                yield Draft(id_, name, _read_text(path, name), known)
            else:
                yield from self._lines(path, name, taken)

    def examples(self) -> list[str]:
        """Questions to start from, as the metadata file names them."""
        return read_metadata(self.folder).examples

    def _lines(self, path: Path, name: str, taken: set[str]) -> Iterator[Draft]:
        opener = gzip.open if path.suffix == ".gz" else open
        try:
            with opener(path, "rb") as lines:
                for number, raw in enumerate(lines, start=1):
                    if not raw.strip():
                        continue  # a blank line at the end, most often
                    where = f"{name}:{number}"
                    try:
                        line = Line.model_validate_json(raw)
                    except ValidationError as error:
                        raise CorpusError(
                            f"{where} is not an article: {error.errors()[0]['msg']}",
                            'Each line is a JSON object with at least a "text".',
                        ) from error
                    known = Metadata(
                        publisher=line.publisher,
                        title=line.title,
                        published=line.published,
                        kind=line.kind,
                    )
                    yield Draft(_unused(slug(line.id or where), taken), where, line.text, known)
        except (OSError, EOFError, zlib.error) as error:
            raise CorpusError(f"{name} can't be read: {error}", "Mend or remove it.") from error


def scan(folder: Path) -> Corpus:
    """Find the article files under a folder and hash them.

    Raises:
        CorpusError: no such folder, no article in it, or a file can't be read.
    """
    if not folder.is_dir():
        raise CorpusError(f"no folder {folder}", "Name the folder of your articles.")
    files = tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name.endswith((".txt", ".jsonl", ".jsonl.gz"))
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise CorpusError(f"no article in {folder}", "Put .txt, .jsonl or .jsonl.gz files into it.")
    digest = hashlib.sha256()
    try:
        for path in (*files, folder / METADATA):
            if path.exists():
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error}", "Mend or remove it.") from error
    except UnicodeEncodeError as error:
        raise CorpusError(f"the name of {str(path)!r} is not UTF-8", "Rename the file.") from error
    return Corpus(folder, files, digest.hexdigest())


def article(id_: str, file: str, text: str, known: Metadata) -> Article:
    """Parse one article's text; its title falls back on the text's own, then on its first words."""
    blocks, sections = parse(text, known.title)
    title = (
        known.title
        or next((text[b.start : b.end] for b in blocks if b.role is Role.TITLE), None)
        or _lead(text, blocks)
    )
    return Article(
        id_, file, title, known.publisher, known.published, known.kind, text, blocks, sections
    )


def slug(name: str) -> str:
    """Letters, digits, "-" and "_" of a name, so that it stands in a URL as it is."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", re.sub(r"^https?://", "", name)).strip("-") or "article"


def _unused(id_: str, taken: set[str]) -> str:
    # Two paths can have one slug ("a b.txt", "a-b.txt"): the later in path order
    # gets a number, so an unchanged corpus gives unchanged ids.
    unused, n = id_, 1
    while unused in taken:
        n += 1
        unused = f"{id_}-{n}"
    taken.add(unused)
    return unused


def _lead(text: str, blocks: tuple[Block, ...]) -> str:
    body = next((b for b in blocks if b.role in CITABLE), None)
    words = " ".join((text[body.start : body.end] if body else text).split())
    if len(words) <= LEAD_CHARS:
        return words or "(empty)"
    return words[:LEAD_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _read_text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CorpusError(f"{name} can't be read: {error}", "Mend or remove it.") from error
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{name} is not UTF-8 text (byte {error.start})",
            f"Convert it (iconv -t utf-8 {name}) or move it out of the corpus.",
        ) from error


def read_metadata(folder: Path) -> MetadataFile:
    """The folder's metadata; empty where it has none.

    Raises:
        CorpusError: the file is not of its form.
    """
    path = folder / METADATA
    if not path.exists():
        return MetadataFile()
    try:
        return MetadataFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        reason = ": ".join(filter(None, ["/".join(map(str, first["loc"])), first["msg"]]))
        raise CorpusError(
            f"{path} is not a metadata file: {reason}",
            'Its form is {"articles": {FILE: {"publisher", "title", "published", "kind"}}}.',
        ) from error
