"""What is known of an article beside its text: from a metadata file, or from the document."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Metadata(BaseModel):
    """What is known of an article beside its text; null where nothing says.

    Attributes:
        publisher: who says it: a publisher, else an author, else a sender.
        published: ISO 8601 date, possibly of reduced precision ("2023-06").
        kind: "report", "live blog", "manual", ...
        url: where it was taken from.
        read_off: what each of these was read off, for those who check it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: str | None = None
    title: str | None = None
    published: str | None = None
    kind: str | None = None
    url: str | None = None
    read_off: dict[str, str] = {}

    def or_else(self, other: Metadata) -> Metadata:
        """This, and where it says nothing what the other one says."""
        said = {name: value for name, value in self if value}
        return other.model_copy(update=said)


class MetadataFile(BaseModel):
    """A `metadata.json`: what is known of the files of a folder, and questions to start from."""

    model_config = ConfigDict(extra="forbid")

    articles: dict[str, Metadata] = {}
    examples: list[str] = []
