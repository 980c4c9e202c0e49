"""Building: only what changed is encoded, damage is mended, readers are not disturbed."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pincite.errors import (
    CorpusError,
    IndexBusy,
    IndexDamaged,
    IndexMissing,
    IndexStale,
    PinciteError,
)
from pincite.index import cutting, unchanged
from pincite.index import manifest as m
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "corpus" / name).write_text(text)
    return Settings(corpus=tmp_path / "corpus", index=tmp_path / "index")


def built(settings: Settings, fingerprint: str = "fake", force: bool = False) -> Built:
    """Builds, and holds the build to what it says of the texts that were encoded."""
    encoder = FakeEncoder(fingerprint)
    made = build(settings, encoder, force=force)
    assert made.encoded == len(encoder.encoded) == len(set(encoder.encoded))
    return made


def opened(settings: Settings) -> Index:
    return open_index(settings, FakeEncoder("fake"))


def answers(index: Index) -> object:
    (vector,) = FakeEncoder().encode(["Who met the fighters?"])
    found = index.nearest(vector, 9), index.matching(index.meant("Who met the figthers?"), 9)
    return found, [index.store.passage(id_) for id_ in found[0]], index.store.articles()


def texts(settings: Settings) -> list[str]:
    index = opened(settings)
    passages = [index.store.passage(n + 1) for n in range(index.manifest.counts.passages)]
    return [passage.text for passage in passages]


# -- only what changed ---------------------------------------------------------------------


def test_a_first_build(settings: Settings) -> None:
    steps: list[tuple[str, int, int]] = []
    made = build(settings, FakeEncoder(), progress=lambda *step: steps.append(step))
    # a: 1 view, b: the whole and its 2 paragraphs, c: 1. The header of b is its first paragraph.
    assert made.manifest.counts == m.Counts(articles=3, paragraphs=4, passages=3, views=5)
    assert (made.changed, made.encoded, made.manifest.dimension) == (True, 4, 64)
    assert steps == [
        *(("reading articles", n, 3) for n in (1, 2, 3)),
        ("encoding", 4, 4),
        ("arranging vectors", 5, 5),
    ]
    used = m.current_build(settings.index)
    assert {path.name for path in settings.index.iterdir()} == {"CURRENT", "lock", used.name}
    assert {path.name for path in used.iterdir()} == {m.MANIFEST, *m.FILES}


def test_an_unchanged_corpus_is_left_alone(settings: Settings) -> None:
    first = built(settings)
    before = m.current_build(settings.index)
    again = built(settings)
    assert (again.changed, again.encoded, again.manifest) == (False, 0, first.manifest)
    assert m.current_build(settings.index) == before


def test_only_the_texts_of_a_changed_file_are_encoded(settings: Settings) -> None:
    built(settings)
    (settings.corpus / "c.txt").write_text(ARTICLES["c.txt"].replace("Rain", "Snow"))
    encoder = FakeEncoder("fake")
    assert build(settings, encoder).changed
    (encoded,) = encoder.encoded
    assert "Snow fell" in encoded
    assert any("Snow fell" in text for text in texts(settings))
    assert not any("Rain fell" in text for text in texts(settings))


def test_a_removed_file_needs_no_encoding_and_an_added_one_its_own(settings: Settings) -> None:
    built(settings)
    (settings.corpus / "a.txt").unlink()
    assert built(settings).encoded == 0
    assert len(texts(settings)) == 2
    (settings.corpus / "a.txt").write_text(ARTICLES["a.txt"])
    assert built(settings).encoded == 1


def test_what_was_taken_over_is_what_would_have_been_built(settings: Settings) -> None:
    built(settings)
    (settings.corpus / "c.txt").write_text("Snow.")
    built(settings)
    anew = settings.model_copy(update={"index": settings.index.with_name("anew")})
    built(anew)
    assert answers(opened(settings)) == answers(opened(anew))


def test_force_encodes_everything_anew(settings: Settings) -> None:
    assert built(settings).encoded == built(settings, force=True).encoded == 4


def test_another_size_of_passages_is_another_index(settings: Settings) -> None:
    built(settings)
    for change in ({"passage_tokens": 32}, {"overlap_tokens": 0}):
        made = built(settings.model_copy(update=change))
        assert made.changed


def test_other_code_makes_the_index_stale_but_keeps_the_vectors(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(settings)
    monkeypatch.setattr(m, "code_fingerprint", lambda: "other")
    with pytest.raises(IndexStale, match="another version") as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    made = built(settings)
    assert (made.changed, made.encoded) == (True, 0)
    assert answers(opened(settings))


def in_format_1(settings: Settings, encoder: str) -> Path:
    """Replaces the build in use by one of format 1: a table of float32 vectors by key."""
    index = opened(settings)
    passages = [index.store.passage(n + 1) for n in range(index.manifest.counts.passages)]
    views = [view for passage in passages for view in passage.views]
    shutil.rmtree(m.current_build(settings.index))
    folder = settings.index / "earlier"
    folder.mkdir()
    with closing(sqlite3.connect(folder / m.STORE)) as db:
        db.execute("CREATE TABLE embedding (key TEXT PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        vectors = FakeEncoder().encode([view.text for view in views])
        db.executemany(
            "INSERT OR REPLACE INTO embedding VALUES (?, ?)",
            [(view.key, vector.tobytes()) for view, vector in zip(views, vectors, strict=True)],
        )
        db.commit()
    manifest = {
        "recipe": {"format": 1, "code": "c", "corpus": "d", "encoder": encoder},
        "files": {m.STORE: m.file_entry(folder / m.STORE), m.VECTORS: (1, "gone")},
    }
    content = json.dumps(manifest).encode()
    (folder / m.MANIFEST).write_bytes(content)
    name = f"build-{hashlib.sha256(content).hexdigest()[:12]}-1"
    folder.rename(settings.index / name)
    (settings.index / m.CURRENT).write_text(name)
    return settings.index / name / m.STORE


def test_an_index_of_the_format_before_is_stale_but_keeps_the_vectors(settings: Settings) -> None:
    built(settings)
    expected = answers(opened(settings))
    in_format_1(settings, "fake")
    with pytest.raises(IndexStale, match="format 1"):
        opened(settings)
    assert built(settings).encoded == 0
    assert answers(opened(settings)) == expected


@pytest.mark.parametrize("damage", ["encoder", "store"])
def test_no_vector_is_taken_over_from_another_encoder_or_a_damaged_store(
    settings: Settings, damage: str
) -> None:
    built(settings)
    store = in_format_1(settings, "other" if damage == "encoder" else "fake")
    if damage == "store":
        store.write_bytes(store.read_bytes()[:-1] + b"x")
    assert built(settings).encoded == 4


def test_of_a_damaged_build_the_whole_store_is_still_of_use(settings: Settings) -> None:
    built(settings)
    (m.current_build(settings.index) / m.VECTORS).write_bytes(b"")
    assert built(settings).encoded == 0


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_another_kind_of_vector_index_is_another_index(settings: Settings, kind: str) -> None:
    built(settings)
    assert opened(settings).manifest.vectors == "flat"
    made = built(settings.model_copy(update={"vector_index": kind}))
    assert (made.changed, made.encoded, made.manifest.vectors) == (True, 0, kind)


def test_articles_cut_by_other_processes_give_the_same_index(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"Line {n} of the report: {n * n} crates were counted.\n\n" for n in range(300)]
    for n in range(9):
        (settings.corpus / f"many{n}.txt").write_text("".join(lines[n * 30 : n * 30 + 60]))
    built(settings)
    alone = [*opened(settings).store.articles()], texts(settings), answers(opened(settings))
    monkeypatch.setattr(cutting, "_ALONE", 500)
    monkeypatch.setattr(cutting, "_AT_ONCE", 2000)
    built(settings, force=True)
    assert (
        [*opened(settings).store.articles()],
        texts(settings),
        answers(opened(settings)),
    ) == alone


def test_another_encoder_makes_the_index_stale_and_encodes_everything(settings: Settings) -> None:
    built(settings, "old")
    with pytest.raises(IndexStale) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    assert built(settings, "fake").encoded == 4
    assert answers(opened(settings))
    with pytest.raises(IndexStale):
        open_index(settings, FakeEncoder("old"))


# -- damage --------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["delete", "cut", "flip"])
@pytest.mark.parametrize("name", [*m.FILES, m.MANIFEST, m.CURRENT])
def test_damage_is_named_and_mended(settings: Settings, name: str, damage: str) -> None:
    built(settings)
    before = answers(opened(settings))
    path = settings.index / name
    path = path if name == m.CURRENT else m.current_build(settings.index) / name
    raw = path.read_bytes()
    middle = len(raw) // 2
    if damage == "delete":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(raw[:middle])
    else:
        path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 0x10]) + raw[middle + 1 :])
    with pytest.raises((IndexDamaged, IndexMissing)) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    assert built(settings).changed
    assert answers(opened(settings)) == before
    assert not built(settings).changed


def test_no_index_yet(settings: Settings) -> None:
    with pytest.raises(IndexMissing) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint


def test_what_a_killed_build_staged_is_thrown_away(settings: Settings) -> None:
    staged = settings.index / "staged"
    (staged / "deep").mkdir(parents=True)
    (staged / m.STORE).write_bytes(b"half")
    (settings.index / "build-000000000000-1").mkdir()
    built(settings)
    assert {path.name for path in settings.index.iterdir()} == {
        "CURRENT",
        "lock",
        m.current_build(settings.index).name,
    }


@pytest.mark.parametrize("bad", ["not UTF-8", "no paragraph"])
def test_a_corpus_that_can_not_be_read_leaves_the_index_as_it_is(
    settings: Settings, bad: str
) -> None:
    built(settings)
    before = answers(opened(settings))
    for name in ARTICLES:
        (settings.corpus / name).write_bytes(b"\xff" if bad == "not UTF-8" else b"")
    with pytest.raises(CorpusError):
        built(settings)
    assert answers(opened(settings)) == before


def test_a_full_disk_is_said_in_one_line_and_leaves_the_index_as_it_is(settings: Settings) -> None:
    built(settings)
    before = answers(opened(settings))
    (settings.corpus / "d.txt").write_text(
        "\n\n".join(map("It rained on day {}.".format, range(99)))
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for size in (0, 10, 1000, 20_000, 60_000):  # the store, the terms, the vectors
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
            with pytest.raises(PinciteError, match="can't be written"):
                built(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert answers(opened(settings)) == before
    assert built(settings).changed


def touched(path: Path) -> None:
    """Flips a bit in the middle, and sets the time of the change back."""
    before = path.stat()
    raw = path.read_bytes()
    middle = len(raw) // 2
    path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 0x10]) + raw[middle + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", m.FILES)
def test_damage_of_a_large_file_is_noticed_however_old_it_looks(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    before = answers(opened(settings))
    touched(m.current_build(settings.index) / name)
    with pytest.raises(IndexDamaged, match=name):
        opened(settings)
    assert built(settings).changed
    assert answers(opened(settings)) == before


def test_decay_of_the_disk_is_noticed_by_the_next_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    used = m.current_build(settings.index)
    touched(used / m.VECTORS)
    unchanged.note(used, {m.VECTORS: unchanged.stamp(used / m.VECTORS)})  # as if none had written
    opened(settings)  # is quick, and sees nothing
    assert built(settings).changed
    assert not built(settings).changed


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"store.sqlite": 5}', None])
def test_what_is_noted_of_files_may_be_lost(
    settings: Settings, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    noted = m.current_build(settings.index) / unchanged.SEEN
    whole = unchanged.seen(noted.parent)
    assert set(whole) == set(m.FILES)
    if content is None:
        noted.unlink()
    else:
        noted.write_bytes(content)
    assert answers(opened(settings))
    assert unchanged.seen(noted.parent) == whole  # known again
    assert not built(settings).changed


# -- other processes -----------------------------------------------------------------------


def test_a_lock_held_by_another_process_is_busy_and_does_not_disturb_readers(
    settings: Settings,
) -> None:
    built(settings)
    script = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]): print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.index / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout and other.stdout.readline()
        with pytest.raises(IndexBusy) as caught:
            built(settings)
        assert caught.value.hint
        assert answers(opened(settings))
        other.communicate(b"\n")
    assert not built(settings).changed


def test_a_read_only_index_opens_and_nothing_is_written_beside_it(settings: Settings) -> None:
    built(settings)
    expected = answers(opened(settings))
    folders = [settings.index, m.current_build(settings.index)]
    try:
        for folder in folders:
            folder.chmod(0o555)
        seen = sorted((str(path), path.stat().st_mtime_ns) for path in settings.index.rglob("*"))
        assert answers(opened(settings)) == expected
        assert seen == sorted(
            (str(path), path.stat().st_mtime_ns) for path in settings.index.rglob("*")
        )
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_an_index_may_be_moved(settings: Settings) -> None:
    built(settings)
    expected = answers(opened(settings))
    moved = settings.model_copy(update={"index": settings.index.with_name("a moved #1?")})
    shutil.move(settings.index, moved.index)
    assert answers(opened(moved)) == expected


def test_a_reader_keeps_its_build_while_the_next_ones_are_swapped_in(settings: Settings) -> None:
    built(settings)
    reader = opened(settings)
    expected = answers(reader)

    def in_a_new_thread() -> object:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(answers, reader).result()

    (settings.corpus / "d.txt").write_text("Snow fell.")
    built(settings)
    assert answers(reader) == in_a_new_thread() == expected
    (settings.corpus / "e.txt").write_text("Hail fell.")
    built(settings)
    assert answers(reader) == expected  # what it holds open stays
    with pytest.raises(IndexDamaged):
        in_a_new_thread()
    assert len(list(settings.index.glob("build-*"))) == 2
    assert len(texts(settings)) == 5
