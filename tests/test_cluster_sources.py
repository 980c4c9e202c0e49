"""What a cluster reads of folders and files: what one machine reads, and of the rest why not."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pincite.cluster.alone import read_all
from pincite.cluster.sources import Piece, find, pieces
from pincite.index.formats.contents import Limits
from pincite.settings import Settings, load_settings

FACTS = [b'{"text": "Fact %d is here."}\n' % n for n in range(1, 6)]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The bridge was shut for 4 days.\n")
    return docs


def told_of(docs: Path, settings: Settings) -> tuple[list[str], dict[str, str]]:
    """The ids of what is read, and the reasons of what is not."""
    readings, _ = read_all([str(docs)], docs.parent / "many", settings)
    notices = [notice for reading in readings for notice in reading.notices]
    return [id_ for one in readings for id_ in one.ids], {one.name: one.reason for one in notices}


def parts_of(file: Path, limits: Limits) -> list[Piece]:
    (source,), _ = find([str(file)])
    return list(pieces(source, limits))


def test_links_are_followed_within_the_folder_and_pipes_not_opened(
    docs: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("The key is 7.\n")
    (docs / "out.txt").symlink_to(tmp_path / "secret.txt")
    (docs / "within.txt").symlink_to(docs / "a.txt")
    (docs / "nowhere.txt").symlink_to(docs / "gone.txt")
    (docs / "circle.txt").symlink_to(docs / "circle.txt")
    (docs / "folder").symlink_to(tmp_path)
    os.mkfifo(docs / "pipe.txt")
    assert next(
        one for one in find([str(docs)])[0] if one.name == "pipe.txt"
    ).problem  # or it hangs
    ids, told = told_of(docs, Settings())
    assert ids == ["a", "within"]
    assert told == {
        "out.txt": "a link that leads out of the folder",
        "nowhere.txt": "a link that leads nowhere",
        "circle.txt": "a link that leads nowhere",
        "folder": "a link that leads out of the folder",
        "pipe.txt": "no file, but a pipe, a socket or a device",
    }


def test_a_file_that_is_named_may_be_a_link(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(docs / "a.txt")
    (only,) = parts_of(tmp_path / "link.txt", Limits())
    assert (only.name, only.problem) == ("link.txt", "") and only.data.startswith(b"The bridge")


def test_no_name_ends_the_indexing(docs: Path) -> None:
    (docs / "x::y.txt").write_text("The tower is 7 metres high.\n")
    (docs / os.fsdecode(b"caf\xe9.txt")).write_text("The cup holds 3 litres.\n")
    (docs / os.fsdecode(b"caf\xe8.txt")).write_text("The cup holds 4 litres.\n")
    sources, _ = find([str(docs)])
    for one in sources:
        f"{one.url}{one.name}".encode()  # or it could not be sent to a worker
    ids, told = told_of(docs, Settings())
    assert ids == ["a", "x-y"]
    assert told == {"caf\ufffd.txt": "its name is not UTF-8"}


def test_a_line_that_is_too_large_costs_no_other(docs: Path) -> None:
    large = b'{"text": "%s"}\n' % (b"x" * 3000)
    lines = [FACTS[0], large, *FACTS[1:3], large, large]
    raw = b"".join(lines)
    limits = Limits(file_bytes=1024)
    for name, data in (("lines.jsonl", raw), ("lines.jsonl.gz", gzip.compress(raw))):
        (docs / name).write_bytes(data)
        first, *others = parts_of(docs / name, limits)
        assert first.data == FACTS[0] + b"\n" + FACTS[1] + FACTS[2] + b"\n\n"
        assert [(one.name, one.problem) for one in others] == [
            (f"{name}:{n}", "larger than 1 KiB") for n in (2, 5, 6)
        ]
    (docs / "lines.jsonl.gz").unlink()
    ids, told = told_of(docs, load_settings(file_bytes=1024))
    assert ids == ["a", *(f"lines-jsonl-{n}" for n in (1, 3, 4))]
    assert [*told] == [f"lines.jsonl:{n}" for n in (2, 5, 6)]


def test_a_line_that_is_too_large_by_itself_is_no_empty_file(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pincite.cluster.sources.PIECE_BYTES", 1)
    large = b"x" * 300
    (docs / "lines.jsonl").write_bytes(b"".join([FACTS[0], large, b"\n", FACTS[1], large]))
    parts = parts_of(docs / "lines.jsonl", Limits(file_bytes=200))
    assert [(one.number, one.before, one.data, bool(one.problem)) for one in parts] == [
        (0, 0, FACTS[0], False),
        (1, 1, b"", True),
        (2, 2, FACTS[1], False),
        (3, 3, b"", True),
    ]


def test_what_stands_before_damage_is_kept(docs: Path) -> None:
    packed = gzip.compress(b"".join(FACTS)) + gzip.compress(b"".join(FACTS))
    (docs / "lines.jsonl.gz").write_bytes(packed[:-4])
    kept, damage = parts_of(docs / "lines.jsonl.gz", Limits())
    assert kept.data.startswith(b"".join(FACTS)) and not kept.problem
    assert damage.problem.startswith("can't be read") and damage.data == b""


def test_what_is_unpacked_is_counted(docs: Path) -> None:
    (docs / "lines.jsonl.gz").write_bytes(gzip.compress(b"".join(FACTS)))
    limits = Limits(unpacked_bytes=sum(map(len, FACTS)))
    (every,) = parts_of(docs / "lines.jsonl.gz", limits)
    assert every.data == b"".join(FACTS)
    fewer = Limits(unpacked_bytes=limits.unpacked_bytes - 1)
    kept, over = parts_of(docs / "lines.jsonl.gz", fewer)
    assert kept.data == b"".join(FACTS[:4])
    assert over.problem.startswith("unpacks to more than")
