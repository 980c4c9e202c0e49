"""Building: only what changed is encoded, damage is mended, readers are not disturbed."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import manifest as m
from index.build import Built, build
from index.opened import Index, open_index
from pincite.errors import (
    CorpusError,
    IndexBusy,
    IndexDamaged,
    IndexMissing,
    IndexStale,
    PinciteError,
)
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
    found = index.nearest(vector, 9), index.matching(index.meant("Who met the figthers?"), 9, 0.5)
    return found, [index.store.passage(id_) for id_ in found[0]], index.store.articles()


def texts(settings: Settings) -> list[str]:
    index = opened(settings)
    passages = [index.store.passage(n + 1) for n in range(index.manifest.counts.passages)]
    return [passage.text for passage in passages]


# -- only what changed ---------------------------------------------------------------------


def test_a_first_build(settings: Settings) -> None:
    steps: list[tuple[str, int, int]] = []
    made = build(settings, FakeEncoder(), progress=lambda *step: steps.append(step))
    # a: 1 view, b: the whole and its 2 paragraphs, c: 1.
    assert made.manifest.counts == m.Counts(articles=3, paragraphs=4, passages=3, views=5)
    assert (made.changed, made.encoded, made.manifest.dimension) == (True, 5, 64)
    assert steps == [
        *(("reading articles", n, 3) for n in (1, 2, 3)),
        ("encoding", 5, 5),
    ]
    used = m.current_build(settings.index)
    assert {path.name for path in settings.index.iterdir()} == {"CURRENT", "lock", used.name}
    assert {path.name for path in used.iterdir()} == {m.MANIFEST, m.STORE, m.VECTORS}


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
    assert built(settings).encoded == built(settings, force=True).encoded == 5


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


def test_another_encoder_makes_the_index_stale_and_encodes_everything(settings: Settings) -> None:
    built(settings, "old")
    with pytest.raises(IndexStale) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    assert built(settings, "fake").encoded == 5
    assert answers(opened(settings))
    with pytest.raises(IndexStale):
        open_index(settings, FakeEncoder("old"))


# -- damage --------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["delete", "cut", "flip"])
@pytest.mark.parametrize("name", [m.STORE, m.VECTORS, m.MANIFEST, m.CURRENT])
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
        for size in (0, 10, 1000, 20_000, 100_000):  # the journal, the store, the vectors
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
            with pytest.raises(PinciteError, match="can't be written"):
                built(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert answers(opened(settings)) == before
    assert built(settings).changed


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
