"""Building: only what changed is encoded, and readers are not disturbed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pincite.errors import (
    IndexBusy,
    IndexStale,
)
from pincite.index import cutting
from pincite.index import manifest as m
from pincite.index.build import build
from pincite.index.opened import Index, open_index
from pincite.settings import Settings
from tests.builds import (
    ARTICLES,
    answers,
    built,
    home,
    looked_at,
    opened,
    segments,
    texts,
    to_build,
)
from tests.fakes import FakeEncoder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return to_build(tmp_path)


# -- only what changed ---------------------------------------------------------------------


def test_a_first_build(settings: Settings) -> None:
    steps: list[tuple[str, int, int]] = []
    made = build(settings, FakeEncoder(), progress=lambda *step: steps.append(step))
    assert made.manifest.counts == m.Counts(articles=3, paragraphs=4, passages=4)
    assert (made.changed, made.encoded, made.index.damaged) == (True, 4, ())
    assert steps == [
        *(("reading files", n, 3) for n in (1, 2, 3)),
        *(("cutting articles", n, 3) for n in (1, 2, 3)),
        ("encoding", 4, 4),
        ("arranging vectors", 4, 4),
    ]
    (segment,) = segments(settings)
    names = {"CURRENT", "collection.json", "documents.sqlite", "lock", "originals", segment.name}
    assert {path.name for path in home(settings).iterdir()} == names
    assert {path.name for path in segment.iterdir()} == {m.MANIFEST, *m.FILES}


def test_an_unchanged_corpus_is_left_alone(settings: Settings) -> None:
    first = built(settings)
    before = segments(settings)
    again = built(settings)
    assert (again.changed, again.encoded, again.manifest) == (False, 0, first.manifest)
    assert segments(settings) == before


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
    assert len(texts(settings)) == 3
    (settings.corpus / "a.txt").write_text("Hail fell.")
    assert built(settings).encoded == 1
    (settings.corpus / "a.txt").write_text(ARTICLES["a.txt"])
    assert built(settings).encoded == 0  # its segment still has the vector
    assert len(texts(settings)) == 4


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
    assert built(settings.model_copy(update={"passage_tokens": 32})).changed


def test_equal_texts_are_encoded_once(settings: Settings) -> None:
    (settings.corpus / "d.txt").write_text(ARTICLES["a.txt"])
    made = built(settings)
    assert (made.manifest.counts.passages, made.encoded) == (5, 4)
    (vector,) = FakeEncoder().encode(["Would the bridge stay closed?"])
    (one, first), (other, second), *_ = opened(settings).nearest(vector, 9).items()
    assert ({one, other}, first) == ({1, 5}, second)


def test_another_recipe_makes_the_index_stale_but_keeps_the_vectors(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(settings)
    monkeypatch.setattr(m, "RECIPE", m.RECIPE + 1)
    with pytest.raises(IndexStale, match="another version") as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    made = built(settings)
    assert (made.changed, made.encoded) == (True, 0)
    assert answers(opened(settings))


def test_an_index_of_another_format_is_stale_and_its_vectors_are_not_taken_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(settings)
    monkeypatch.setattr(m, "FORMAT", m.FORMAT + 1)
    with pytest.raises(IndexStale, match=f"format {m.FORMAT - 1}"):
        opened(settings)
    assert built(settings).encoded == 4
    assert answers(opened(settings))


def test_no_vector_is_taken_over_from_a_damaged_store(settings: Settings) -> None:
    built(settings)
    store = segments(settings)[0] / m.STORE
    store.write_bytes(store.read_bytes()[:-1] + b"x")
    assert built(settings).encoded == 4


def test_of_a_damaged_build_the_whole_store_is_still_of_use(settings: Settings) -> None:
    built(settings)
    (segments(settings)[0] / m.VECTORS).write_bytes(b"")
    assert built(settings).encoded == 0


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_another_kind_of_vector_index_is_another_index(settings: Settings, kind: str) -> None:
    built(settings)
    assert opened(settings).kind == "flat"
    made = built(settings.model_copy(update={"vector_index": kind}))
    assert (made.changed, made.encoded, opened(settings).kind) == (True, 0, kind)


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


# -- other processes -----------------------------------------------------------------------


def test_a_lock_held_by_another_process_is_busy_and_does_not_disturb_readers(
    settings: Settings,
) -> None:
    built(settings)
    script = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]): print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home(settings) / "lock")],
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


def test_a_look_of_a_service_that_begins_is_waited_for(settings: Settings) -> None:
    built(settings)
    with looked_at(settings):
        assert not built(settings).changed


def test_a_read_only_index_opens_and_nothing_is_written_beside_it(settings: Settings) -> None:
    built(settings)
    expected = answers(opened(settings))
    folders = [settings.index, home(settings), *segments(settings)]
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

    def in_a_new_thread(reader: Index) -> object:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(answers, reader).result()

    (settings.corpus / "d.txt").write_text("Snow fell.")
    built(settings)
    assert answers(reader) == in_a_new_thread(reader) == expected
    (settings.corpus / "e.txt").write_text("Hail fell.")
    built(settings)
    (settings.corpus / "a.txt").unlink()
    (settings.corpus / "b.txt").unlink()
    built(settings)
    assert answers(reader) == in_a_new_thread(reader) == expected  # what it holds stays
    before = len(list(home(settings).glob("segment-*")))
    del reader
    (settings.corpus / "f.txt").write_text("Fog came.")
    built(settings)
    assert len(list(home(settings).glob("segment-*"))) == before
    assert len(texts(settings)) == 4
