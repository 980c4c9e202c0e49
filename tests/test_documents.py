"""The documents of a collection: nothing that was given is lost, and nothing stands half."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pincite.errors import (
    ArticleNotFound,
    CollectionNotFound,
    CollectionTaken,
    CorpusError,
    IndexMissing,
    InvalidData,
    InvalidRequest,
    StorageFailed,
)
from pincite.index import intake
from pincite.index.about import check
from pincite.index.backup import read_backup, write_backup
from pincite.index.build import build
from pincite.index.changes import Changed, add, remove, sync
from pincite.index.collection import (
    Collection,
    collection_names,
    make_collection,
    open_collection,
)
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.opened import open_index
from pincite.index.update import update
from pincite.index.versions import Skipped
from pincite.qa.verify import verify
from pincite.settings import Settings
from tests.builds import ARTICLES, looked_at, to_build
from tests.fakes import FakeEncoder

LAMP = "The lighthouse lamp turned 360 times an hour."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return to_build(tmp_path)


@pytest.fixture
def home(settings: Settings) -> Collection:
    """The three articles, added one by one and not indexed."""
    collection = make_collection(settings.index)
    add(collection, [given(name, text) for name, text in ARTICLES.items()], settings)
    return collection


def given(name: str, text: str | bytes) -> Given:
    return Given(name, text if isinstance(text, bytes) else text.encode(), Metadata())


def texts(collection: Collection) -> dict[str, str]:
    with collection.documents() as opened:
        return {one.id: one.text for _, one in opened.articles(opened.numbers())}


# -- changes -------------------------------------------------------------------------------


def test_links_are_followed_within_the_folder_and_named_where_not(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("The secret word is swordfish.")
    (tmp_path / "others").mkdir()
    for name, target in (
        ("same.txt", settings.corpus / "a.txt"),
        ("out.txt", tmp_path / "secret.txt"),
        ("others", tmp_path / "others"),
        ("self", settings.corpus),
        ("nowhere.txt", settings.corpus / "none.txt"),
    ):
        (settings.corpus / name).symlink_to(target)
    collection = make_collection(settings.index)
    changed = sync(collection, settings.corpus, settings)
    assert set(changed.added) == {"a", "b", "c", "same"}
    assert {notice.name: notice.reason for notice in changed.notices} == {
        "nowhere.txt": "a link that leads nowhere",
        "others": "a link that leads out of the folder",
        "out.txt": "a link that leads out of the folder",
        "self": "a link to a folder",
    }
    assert "swordfish" not in str(texts(collection))


def test_a_name_that_can_not_be_kept_costs_one_line(home: Collection, settings: Settings) -> None:
    changed = add(home, [given("x\udcff.txt", LAMP), given("y.txt", LAMP)], settings)
    assert changed.added == ("y",)
    assert [str(notice) for notice in changed.notices] == ["x?.txt (its name is not UTF-8)"]


def test_added_replaced_unchanged_and_skipped(home: Collection, settings: Settings) -> None:
    lines = b'{"id": "x", "text": "One."}\n\n[]\n{"id": "x", "text": "Two."}\n'
    files = [
        given("a.txt", ARTICLES["a.txt"]),
        given("b.txt", LAMP),
        given("l.jsonl", lines),
        given("empty.txt", ""),
        given("bad.txt", b"\0\1\2"),
        given("scan.pdf", b"%PDF"),
        given("b a.txt", "Another."),
        given("b-a.txt", "Yet another."),
    ]
    changed = add(home, files, settings)
    assert (changed.added, changed.replaced, changed.removed, changed.unchanged) == (
        ("x", "x-2", "b-a", "b-a-2"),
        ("b",),
        (),
        1,
    )
    assert [one.name for one in changed.skipped] == [
        "l.jsonl:3",
        "empty.txt",
        "bad.txt",
        "scan.pdf",
    ]
    assert changed.skipped[1:] == (
        Skipped("empty.txt", "empty"),
        Skipped("bad.txt", "binary, no text"),
        Skipped("scan.pdf", "named .pdf, but no PDF"),
    )
    assert texts(home)["x-2"] == "Two."
    assert texts(home)["b"] == LAMP
    with home.documents() as opened:
        assert {one.name for one in opened.skipped()} == {one.name for one in changed.skipped}
        # What could not be taken is not kept; what was, is, byte for byte.
        kept = {path.name for path in opened.originals.all()}
        assert kept == opened.all_originals()
        (version, earlier) = opened.versions("b")
        assert (version.state, earlier.state) == ("present", "replaced")
        assert opened.originals.read(earlier.original) == ARTICLES["b.txt"].encode()
    again = add(home, files, settings)
    assert not again and again.unchanged == 6


def test_a_line_that_went_is_removed_and_the_others_stand(
    home: Collection, settings: Settings
) -> None:
    def lines(*some: str) -> Given:
        raw = "\n".join(json.dumps({"id": one, "text": f"{one} stands."}) for one in some)
        return given("l.jsonl", raw)

    add(home, [lines("p", "q", "r")], settings)
    changed = add(home, [lines("p", "q")], settings)
    assert changed == Changed(removed=("r",), unchanged=2)
    with home.documents() as opened:
        # The two stand in the file as it is now.
        assert len({opened.versions(one)[0].original for one in "pq"}) == 1
        assert opened.versions("p")[0].original != opened.versions("r")[0].original


def test_of_ids_to_remove_all_or_none_are(home: Collection, settings: Settings) -> None:
    with pytest.raises(ArticleNotFound, match="zz"):
        remove(home, ["a", "zz"], settings)
    assert set(texts(home)) == {"a", "b", "c"}
    assert remove(home, ["a", "c", "a"], settings).removed == ("a", "c")
    assert set(texts(home)) == {"b"}


def test_what_is_forgotten_is_gone(home: Collection, settings: Settings) -> None:
    remove(home, ["a"], settings)
    remove(home, ["a", "b"], settings, forget=True)
    with home.documents() as opened:
        assert opened.versions("a") == opened.versions("b") == []
        assert len(list(opened.originals.all())) == 1
    assert check(home) == ["there is no index in " + str(home.folder)]
    soon = settings.model_copy(update={"keep_versions_days": 0})
    remove(home, ["c"], soon)
    with home.documents() as opened:
        assert opened.versions("c") == [] and list(opened.originals.all()) == []


def test_syncing_takes_over_what_a_folder_becomes(settings: Settings) -> None:
    collection = make_collection(settings.index)
    add(collection, [given("own.txt", LAMP)], settings)
    assert sync(collection, settings.corpus, settings).added == ("a", "b", "c")
    (settings.corpus / "a.txt").write_text("It opened.")
    (settings.corpus / "b.txt").unlink()
    (settings.corpus / "c.txt").write_bytes(b"\0\1\2")
    (settings.corpus / "deep").mkdir()
    (settings.corpus / "deep" / "d.txt").write_text(LAMP)
    (settings.corpus / ".hidden.txt").write_text(LAMP)
    changed = sync(collection, settings.corpus, settings)
    assert (changed.added, changed.replaced, changed.removed) == (("deep-d",), ("a",), ("b",))
    assert changed.skipped == (Skipped("c.txt", "binary, no text"),)
    # A file that can't be read any more keeps what was read of it.
    assert texts(collection)["c"] == ARTICLES["c.txt"]
    assert set(texts(collection)) == {"own", "a", "c", "deep-d"}
    assert sync(collection, settings.corpus, settings).skipped == changed.skipped
    (settings.corpus / "c.txt").unlink()
    assert sync(collection, settings.corpus, settings) == Changed(removed=("c",), unchanged=2)
    # What was removed by itself comes back, for the folder still holds it.
    remove(collection, ["a"], settings)
    assert sync(collection, settings.corpus, settings).added == ("a",)


def test_another_folder_does_not_take_a_collection_unasked(
    settings: Settings, tmp_path: Path
) -> None:
    build(settings, FakeEncoder())
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text(LAMP)
    with pytest.raises(CollectionTaken) as caught:
        build(settings, FakeEncoder(), other)
    assert "--replace" in caught.value.hint
    assert build(settings, FakeEncoder(), other, collection="other").manifest.counts.articles == 1
    assert build(settings, FakeEncoder(), other, replace=True).manifest.counts.articles == 1
    assert texts(open_collection(settings.index)) == {"a": LAMP}
    # Unless the setting names one, it is the folder that the collection was made of.
    unset = Settings(index=settings.index)
    assert not build(unset, FakeEncoder()).changed
    with pytest.raises(CorpusError):
        sync(open_collection(settings.index), tmp_path / "index" / "none", settings)


def test_names(settings: Settings, home: Collection) -> None:
    make_collection(settings.index, "zoo")
    make_collection(settings.index, "art-2")
    assert collection_names(settings.index) == ["default", "art-2", "zoo"]
    with pytest.raises(CollectionNotFound):
        open_collection(settings.index, "none")
    with pytest.raises(IndexMissing):
        open_collection(settings.index / "none")
    for name in ("", "..", "a/b", "A", ".x", "x" * 65, "ä", "a\0"):
        with pytest.raises(InvalidRequest):
            make_collection(settings.index, name)


def test_another_version_of_the_reading_reads_again(
    home: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = update(home, settings, FakeEncoder()).contents
    for module in ("changes", "intake"):
        monkeypatch.setattr(f"pincite.index.{module}.READING", intake.READING + 1)
    monkeypatch.setattr("pincite.index.intake.slug", lambda name: f"{name}-x")
    # The texts are what they were: ids stay, and no segment is written anew.
    after = update(home, settings, FakeEncoder()).contents
    assert (after.parts, set(texts(home))) == (before.parts, {"a", "b", "c"})


# -- citations that last -------------------------------------------------------------------


def answer_citing(id_: str, quote: str, start: int) -> dict[str, object]:
    cited = {"number": 1, "article": {"id": id_}, "quote": quote}
    return {"citations": [cited | {"start": start, "end": start + len(quote)}], "nearest": []}


def test_a_quote_stands_as_long_as_its_version_is_kept(
    home: Collection, settings: Settings
) -> None:
    answer = answer_citing("a", "the bridge", ARTICLES["a.txt"].index("the bridge"))

    def checked(answer: dict[str, object] = answer) -> tuple[bool, str]:
        with home.documents() as opened:
            (one,) = verify(answer, opened)
            return one.stands, one.said

    assert checked() == (True, "stands in the present text")
    add(home, [given("a.txt", LAMP)], settings)
    stands, said = checked()
    assert stands and "replaced on" in said
    remove(home, ["a"], settings)
    assert checked()[0]
    assert not checked(answer_citing("a", "the bridge", 0))[0]
    assert not checked(answer_citing("a", "", 0))[0]
    assert "no version" in checked(answer_citing("zz", "the bridge", 0))[1]
    with home.documents() as opened:
        path = opened.originals.path(opened.versions("a")[-1].original)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"bridge", b"fridge"))
    stands, said = checked()
    assert not stands and "not what was given" in said
    path.write_bytes(whole)
    remove(home, ["a"], settings, forget=True)
    assert checked() == (False, "no version of the article is kept")
    with home.documents() as opened, pytest.raises(InvalidRequest):
        verify({"citations": [{}], "nearest": []}, opened)


# -- backup --------------------------------------------------------------------------------


def test_a_backup_brings_everything_back(
    home: Collection, settings: Settings, tmp_path: Path
) -> None:
    add(home, [given("a.txt", LAMP)], settings)
    update(home, settings, FakeEncoder())
    before = texts(home)
    assert write_backup(home, tmp_path / "b.tar") == 4
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar", "corpus", "index"}
    remove(home, ["b"], settings)
    with pytest.raises(CollectionTaken):
        read_backup(settings.index, tmp_path / "b.tar", "default")
    other = read_backup(settings.index, tmp_path / "b.tar", "other")
    restored = read_backup(settings.index, tmp_path / "b.tar", "default", replace=True)
    for collection in (other, restored):
        assert texts(collection) == before
        update(collection, settings, FakeEncoder())
        assert check(collection) == []
        with collection.documents() as opened:
            assert len(opened.versions("a")) == 2
    assert restored.key != home.key != other.key
    assert open_index(settings, FakeEncoder()).counts.articles == 3


def test_a_restore_waits_for_the_look_of_a_service_that_begins(
    home: Collection, settings: Settings, tmp_path: Path
) -> None:
    write_backup(home, tmp_path / "b.tar")
    before = texts(home)
    with looked_at(settings):
        restored = read_backup(settings.index, tmp_path / "b.tar", "default", replace=True)
    assert texts(restored) == before


def test_a_damaged_backup_changes_nothing(
    home: Collection, settings: Settings, tmp_path: Path
) -> None:
    write_backup(home, tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    before = texts(home)
    at = whole.index(b"bridge")
    flipped = whole[:at] + b"f" + whole[at + 1 :]
    for content in (b"", b"no tar" * 999, whole[: len(whole) // 2], flipped):
        (tmp_path / "b.tar").write_bytes(content)
        with pytest.raises(InvalidData):
            read_backup(settings.index, tmp_path / "b.tar", "default", replace=True)
    with pytest.raises(StorageFailed):
        read_backup(settings.index, tmp_path / "none.tar", "new")
    assert texts(home) == before
    assert {path.name for path in home.folder.parent.iterdir()} == {"default"}
