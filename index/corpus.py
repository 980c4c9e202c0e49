"""Read a folder of documents: all that `pincite.index.formats` reads, and what was skipped.

What is known of a file beside its text stands in `metadata.json` in the corpus folder:
`{"articles": {FILE: {"publisher", "title", "published", "kind", "url"}}, "examples":
[QUESTION, ...]}`, every field optional. It goes before what the document says of itself.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from pydantic import ValidationError

from pincite.errors import CorpusError, Unreadable
from pincite.index.article import Article
from pincite.index.draft import Draft, slug
from pincite.index.formats.contents import (
    Limits,
    Notice,
    Read,
    in_bytes,
    unmatched,
    unpacked_name,
)
from pincite.index.formats.json_lines import STREAMED, streamed
from pincite.index.formats.reading import NOT_READ, is_read, read
from pincite.index.known import Metadata, MetadataFile

METADATA = "metadata.json"
_HINT = "Put documents into it; docs/formats.md says of which formats."


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of documents as it stood when it was scanned.

    Attributes:
        folder: the folder.
        files: all files in it that are not hidden, in the order of their path.
        digest: sha256 over the paths and bytes of the files and the metadata, and the limits.
        limits: how much of a file is read.
    """

    folder: Path
    files: tuple[Path, ...]
    digest: str
    limits: Limits

    def articles(self) -> Iterator[Article]:
        """The articles one by one, so that memory does not grow with the corpus.

        Raises:
            CorpusError: the metadata file is not of its form.
        """
        return (draft.parsed() for draft in self.drafts())

    def drafts(self, notices: list[Notice] | None = None) -> Iterator[Draft]:
        """The articles before they are parsed; raises as `articles` does.

        Args:
            notices: what was skipped, and how doubtful files were read, is added to it.
        """
        metadata = read_metadata(self.folder).articles
        names = [path.relative_to(self.folder).as_posix() for path in self.files]
        if notices is not None:
            notices += unmatched(METADATA, metadata, names)
        taken: set[str] = set()
        for path, name in zip(self.files, names, strict=True):
            for found in self._contents(path, name):
                if isinstance(found, Notice):
                    if notices is not None:
                        notices.append(found)
                    continue
                beside = metadata.get(name) if is_all_of(found.name, name) else None
                known = (beside or Metadata()).or_else(found.known)
                id_ = _unused(slug(found.id or bare(found.name)), taken)
                yield Draft(id_, found.name, found, known)

    def examples(self) -> list[str]:
        """Questions to start from, as the metadata file names them."""
        return read_metadata(self.folder).examples

    def _contents(self, path: Path, name: str) -> Iterator[Read | Notice]:
        try:
            if name.lower().endswith(STREAMED):
                with path.open("rb") as file:
                    yield from streamed(name, file, self.limits)
                return
            if path.stat().st_size > self.limits.file_bytes:
                large = f"larger than {in_bytes(self.limits.file_bytes)}"
                yield Notice(name, large if is_read(name) else NOT_READ)
                return
            found = read(name, path.read_bytes(), self.limits)
        except (OSError, EOFError, zlib.error) as error:
            yield Notice(name, f"can't be read: {_reason(error)}")
        except Unreadable as error:
            yield Notice(name, error.message)
        else:
            yield from found.reads
            yield from found.notices


def scan(folder: Path, limits: Limits | None = None) -> Corpus:
    """Find the files under a folder and hash them.

    Raises:
        CorpusError: no such folder, or no file in it that may be an article.
    """
    if not folder.is_dir():
        raise CorpusError(f"no folder {folder}", "Name the folder of your articles.")
    limits = limits or Limits()
    files = tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path != folder / METADATA
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise CorpusError(f"no article in {folder}", _HINT)
    digest = hashlib.sha256(repr(astuple(limits)).encode())
    for path in (*files, folder / METADATA):
        try:
            name = path.relative_to(folder).as_posix().encode()
        except UnicodeEncodeError as error:
            raise CorpusError(
                f"the name of {str(path)!r} is not UTF-8", "Rename the file."
            ) from error
        try:
            with path.open("rb") as file:
                digest.update(name + b"\0" + hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError:
            continue  # there need be no metadata
        except OSError as error:
            digest.update(name + b"\0" + type(error).__name__.encode())
    return Corpus(folder, files, digest.hexdigest(), limits)


def is_all_of(inner: str, name: str) -> bool:
    """Whether what was read under a name is the whole of a file, perhaps packed by itself."""
    return inner in {name, unpacked_name(name)}


def bare(name: str) -> str:
    """The name of a text file without its suffix; other suffixes tell files of one name apart."""
    return name.removesuffix(".txt")


def _unused(id_: str, taken: set[str]) -> str:
    # Two paths can have one slug ("a b.txt", "a-b.txt"): the later in path order
    # gets a number, so an unchanged corpus gives unchanged ids.
    unused, n = id_, 1
    while unused in taken:
        n += 1
        unused = f"{id_}-{n}"
    taken.add(unused)
    return unused


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "damaged"


def read_metadata(folder: Path) -> MetadataFile:
    """The folder's metadata; empty where it has none.

    Raises:
        CorpusError: the file is not of its form.
    """
    path = folder / METADATA
    try:
        if not path.exists():
            return MetadataFile()
        return MetadataFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error}", "Mend or remove it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        reason = ": ".join(filter(None, ["/".join(map(str, first["loc"])), first["msg"]]))
        raise CorpusError(
            f"{path} is not a metadata file: {reason}",
            'Its form is {"articles": {FILE: {"publisher", "title", "published", "kind"}}}.',
        ) from error
