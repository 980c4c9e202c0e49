"""Three small articles to build an index of, and what the tests of building ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from filelock import FileLock

from pincite.index import contents
from pincite.index.build import Built, build
from pincite.index.opened import Index, open_index
from pincite.settings import Settings
from tests.fakes import FakeEncoder

ARTICLES = {
    "a.txt": "The ministry said on Tuesday that the bridge would stay closed for a week.",
    "b.txt": "The governor offered to meet the fighters near the town on Sunday evening.\n\n"
    "They did not answer him, and nobody else went there in the days that followed.",
    "c.txt": "Rain fell on the whole of the region, and rivers rose by more than a metre.",
}


def to_build(folder: Path) -> Settings:
    """The three articles, written, and no index yet."""
    (folder / "corpus").mkdir()
    for name, text in ARTICLES.items():
        (folder / "corpus" / name).write_text(text)
    return Settings(corpus=folder / "corpus", index=folder / "index")


def built(settings: Settings, fingerprint: str = "fake", force: bool = False) -> Built:
    """Builds, and holds the build to what it says of the texts that were encoded."""
    encoder = FakeEncoder(fingerprint)
    made = build(settings, encoder, force=force)
    assert made.encoded == len(encoder.encoded) == len(set(encoder.encoded))
    return made


def home(settings: Settings) -> Path:
    """The folder of the default collection."""
    return settings.index / "collections" / "default"


@contextmanager
def looked_at(settings: Settings) -> Iterator[None]:
    """While a service that begins sees whether the index is up to date: it has it for a moment."""
    looking = FileLock(home(settings) / "lock", thread_local=False)  # let go by the timer's thread
    looking.acquire()
    done = Timer(0.3, looking.release)
    done.start()
    yield
    done.join()


def segments(settings: Settings) -> list[Path]:
    """The folders of the segments in use, in order."""
    _, used = contents.read(home(settings))
    return [home(settings) / part.segment for part in used.parts]


def opened(settings: Settings) -> Index:
    return open_index(settings, FakeEncoder("fake"))


def answers(index: Index) -> object:
    (vector,) = FakeEncoder().encode(["Who met the fighters?"])
    near, like = index.nearest(vector, 9), index.matching(index.meant("Who met the figthers?"), 9)
    return (
        [*zip(index.store.passages(near), near.values(), strict=True)],
        [*zip(index.store.passages(like), like.values(), strict=True)],
        index.store.articles(),
    )


def texts(settings: Settings) -> list[str]:
    index = opened(settings)
    passages = index.store.passages(index.store.ids())
    return [passage.text for passage in passages]
