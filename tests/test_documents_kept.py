"""Documents keep their ids and stay what they are, however the files they are read of change."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pincite.__main__ import app as cli
from pincite.errors import CorpusError, IndexMissing, InvalidRequest
from pincite.index import intake
from pincite.index.changes import Changed, add, read_again, sync
from pincite.index.collection import Collection, make_collection, open_collection
from pincite.index.documents import Documents
from pincite.index.formats.contents import Limits, Notice
from pincite.index.intake import Given, Taken
from pincite.settings import Settings
from tests.builds import ARTICLES
from tests.documents import zipped
from tests.fakes import FakeEncoder
from tests.test_documents import LAMP, given, home, settings, texts

__all__ = ["home", "settings"]  # fixtures


@pytest.fixture
def empty(settings: Settings) -> Collection:
    return make_collection(settings.index)


# -- ids that documents state ----------------------------------------------------------------


def lines(*some: tuple[str, str], name: str = "l.jsonl") -> Given:
    return given(name, "\n".join(json.dumps({"id": id_, "text": text}) for id_, text in some))


def rows(*some: tuple[str, str]) -> Given:
    return given("r.csv", "\n".join(["id,text", *map(",".join, some)]))


@pytest.mark.parametrize("make", [lines, rows])
def test_an_id_stays_with_its_document_wherever_it_stands(
    empty: Collection, settings: Settings, make: Callable[..., Given]
) -> None:
    one, two, new = ("A", "The harbour is shut."), ("B", "The bridge is open."), ("N", LAMP)
    add(empty, [make(one, two)], settings)
    before = texts(empty)
    changed = add(empty, [make(new, one, two)], settings)
    assert (changed.added, changed.removed) == (("N",), ())
    after = texts(empty)
    assert {id_: LAMP in text for id_, text in after.items()} == {"A": False, "B": False, "N": True}
    assert {id_: after[id_] for id_ in before} == before
    assert set(add(empty, [make(two, new)], settings).removed) == {"A"}
    assert texts(empty) == {id_: after[id_] for id_ in "BN"}


def test_another_id_at_a_place_is_another_document(empty: Collection, settings: Settings) -> None:
    add(empty, [lines(("A", "The harbour is shut."))], settings)
    changed = add(empty, [lines(("B", "The harbour is shut."))], settings)
    assert changed == Changed(added=("B",), removed=("A",))


def test_ids_that_got_a_number_stay_with_their_documents(
    empty: Collection, settings: Settings
) -> None:
    other = ("y", "Rain fell.")
    add(empty, [lines(("x", "One.")), lines(("x", "Two."), other, name="m.jsonl")], settings)
    assert texts(empty) == {"x": "One.", "x-2": "Two.", "y": "Rain fell."}
    moved = lines(other, ("x", "Two."), name="m.jsonl")
    changed = add(empty, [moved, lines()], settings)
    assert set(changed.replaced) == {"x-2", "y"} and not changed.added + changed.removed
    assert texts(empty) == {"x": "One.", "x-2": "Two.", "y": "Rain fell."}
    # What calls itself "x-7" never was an "x" that got a number.
    add(empty, [lines(("z-7", "Seven."), name="n.jsonl")], settings)
    changed = add(empty, [lines(("z", "Another."), name="n.jsonl")], settings)
    assert changed == Changed(added=("z",), removed=("z-7",))


def test_lines_without_an_id_are_told_by_their_place(empty: Collection, settings: Settings) -> None:
    def plain(*some: str) -> Given:
        return given("p.jsonl", "\n".join(json.dumps({"text": text}) for text in some))

    add(empty, [plain("One.", "Two.")], settings)
    changed = add(empty, [plain("Three.", "Two.")], settings)
    assert changed == Changed(replaced=("p-jsonl-1",), unchanged=1)


def test_of_two_documents_of_one_name_in_a_file_none_is_left_behind(
    empty: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = intake.take

    def of_one_name(file: Given, limits: Limits) -> Taken:
        parts = file.data.decode().split("/")
        articles = [take(given("note.txt", part), limits).articles[0] for part in parts]
        return Taken(tuple(articles), ())

    monkeypatch.setattr("pincite.index.changes.take", of_one_name)
    path = settings.corpus / "a.txt"
    path.write_text("One./Two.")
    sync(empty, settings.corpus, settings)
    assert {texts(empty)[id_] for id_ in ("note", "note-2")} == {"One.", "Two."}
    path.write_text("One.")
    assert sync(empty, settings.corpus, settings).removed == ("note-2",)
    path.write_text("One./Two.")
    sync(empty, settings.corpus, settings)
    path.unlink()
    assert len(sync(empty, settings.corpus, settings).removed) == 2
    assert not {"One.", "Two."} & set(texts(empty).values())


def test_names_without_a_letter_of_ascii_are_not_tried_from_one_each_time(
    empty: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    present = Documents.present

    def counted(self: Documents, id_: str) -> int | None:
        nonlocal asked
        asked += 1
        return present(self, id_)

    monkeypatch.setattr(Documents, "present", counted)
    files = [given(f"{chr(0x4E00 + n)}.txt", LAMP) for n in range(100)]
    changed = add(empty, files, settings)
    assert changed.added == ("article", *(f"article-{n}" for n in range(2, 101)))
    assert asked <= 2 * len(files)


# -- what can't be read for a while ----------------------------------------------------------


def not_listed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Folders of these names can't be listed, not even by root."""
    scandir = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)


def test_a_folder_that_can_not_be_listed_keeps_its_documents(
    empty: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = settings.corpus / "shelf" / "deep"
    deep.mkdir(parents=True)
    (deep / "d.txt").write_text(LAMP)
    (settings.corpus / "shelf.txt").write_text(LAMP)
    sync(empty, settings.corpus, settings)
    before = texts(empty)
    assert set(before) == {"a", "b", "c", "shelf", "shelf-deep-d"}
    (settings.corpus / "shelf.txt").unlink()
    with monkeypatch.context() as patch:
        not_listed(patch, "shelf")
        changed = sync(empty, settings.corpus, settings)
    assert changed.removed == ("shelf",)
    assert changed.unchanged == 4
    reason = "a folder that can't be listed: Permission denied"
    assert changed.notices == (Notice("shelf", reason),)
    assert set(texts(empty)) == {"a", "b", "c", "shelf-deep-d"}
    # Listed again, it is as any other.
    assert sync(empty, settings.corpus, settings) == Changed(unchanged=4)
    shutil.rmtree(settings.corpus / "shelf")
    assert sync(empty, settings.corpus, settings).removed == ("shelf-deep-d",)
    with monkeypatch.context() as patch, pytest.raises(CorpusError, match="can't be listed"):
        not_listed(patch, settings.corpus.name)
        sync(empty, settings.corpus, settings)
    assert set(texts(empty)) == {"a", "b", "c"}


def test_files_that_may_not_be_looked_at_cost_a_line_each(
    empty: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(empty, settings.corpus, settings)
    stat = os.stat

    def refusing(path: str, **more: bool) -> os.stat_result:
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **more)

    monkeypatch.setattr(os, "stat", refusing)  # as in a folder that may be listed, not entered
    changed = sync(empty, settings.corpus, settings)
    assert [one.reason for one in changed.notices] == ["can't be read: Permission denied"]
    assert set(texts(empty)) == {"a", "b", "c"}


def test_what_is_no_file_is_named(empty: Collection, settings: Settings) -> None:
    os.mkfifo(settings.corpus / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(settings.corpus)  # a socket's path has to be short
        try:
            listening.bind("socket.txt")
        finally:
            os.chdir(here)
        changed = sync(empty, settings.corpus, settings)
    reason = "no file, but a pipe, a socket or a device"
    assert [str(notice) for notice in changed.notices] == [
        f"pipe.txt ({reason})",
        f"socket.txt ({reason})",
    ]


# -- notices that go -------------------------------------------------------------------------


def test_a_raised_limit_is_tried_again_and_only_where_something_was_left_out(
    empty: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "It rained on the harbour. " * 100
    (settings.corpus / "z.zip").write_bytes(
        zipped({"long.txt": long.encode(), "short.txt": LAMP.encode()})
    )
    small = settings.model_copy(update={"file_bytes": 1024})
    changed = sync(empty, settings.corpus, small)
    assert [str(one) for one in changed.notices] == ["z.zip/long.txt (larger than 1 KiB)"]
    read: list[str] = []
    take = intake.take

    def noted(given: Given, limits: Limits) -> Taken:
        read.append(given.name)
        return take(given, limits)

    monkeypatch.setattr("pincite.index.changes.take", noted)
    assert sync(empty, settings.corpus, small).notices == changed.notices
    assert read == []
    changed = sync(empty, settings.corpus, settings)
    assert (read, changed.notices, changed.added) == (["z.zip"], (), ("z-zip-long",))
    sync(empty, settings.corpus, settings)
    assert read == ["z.zip"]


@pytest.mark.parametrize("bad", [b"\0\1\2", None])
def test_a_file_that_is_what_it_was_again_is_not_noted_any_more(
    empty: Collection, settings: Settings, bad: bytes | None
) -> None:
    path = settings.corpus / "a.txt"
    sync(empty, settings.corpus, settings)
    path.unlink()
    if bad is None:
        path.symlink_to(settings.corpus / "none.txt")
    else:
        path.write_bytes(bad)
    for _ in range(2):
        assert [one.name for one in sync(empty, settings.corpus, settings).notices] == ["a.txt"]
    path.unlink()
    path.write_text(ARTICLES["a.txt"])
    assert sync(empty, settings.corpus, settings) == Changed(unchanged=3)
    with empty.documents() as documents:
        assert documents.notices() == []


def test_what_is_not_read_any_more_is_tried_once_by_each_version_of_the_reading(
    home: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = intake.READING
    for module in ("changes", "intake"):
        monkeypatch.setattr(f"pincite.index.{module}.READING", reading + 1)
    with monkeypatch.context() as patch:
        patch.setattr(
            "pincite.index.changes.take",
            lambda given, _: Taken((), (Notice(given.name, "not read any more"),)),
        )
        assert read_again(home, settings)
        assert not read_again(home, settings)
    assert set(texts(home)) == {"a", "b", "c"}
    for module in ("changes", "intake"):
        monkeypatch.setattr(f"pincite.index.{module}.READING", reading + 2)
    assert read_again(home, settings)
    with home.documents() as documents:
        assert documents.notices() == []


# -- by command ------------------------------------------------------------------------------


def test_of_two_files_of_one_name_none_replaces_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_INDEX", str(tmp_path / "index"))
    monkeypatch.setattr("pincite.index.encoder.open_encoder", lambda _: FakeEncoder())
    files = [tmp_path / "docs" / name / "README.md" for name in "ab"]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(f"This is {file.parent.name}.")
    refused = CliRunner().invoke(cli, ["add", *map(str, files)])
    assert isinstance(refused.exception, InvalidRequest)
    assert all(str(file) in str(refused.exception) for file in files)
    assert texts(open_collection(tmp_path / "index")) == {}
    again = CliRunner().invoke(cli, ["add", str(files[0]), str(files[0])])
    assert again.exit_code == 0, again.output
    folder = CliRunner().invoke(cli, ["add", str(tmp_path / "docs")])
    assert "added 2: a-README-md, b-README-md" in folder.output


def test_a_link_to_itself_is_named(empty: Collection, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "lamp.txt").write_text(LAMP)
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to("one.txt")
    changed = sync(empty, folder, settings)
    assert changed.added == ("lamp",)
    assert [one.name for one in changed.skipped] == ["one.txt", "two.txt"]
    assert all("a link that leads" in one.reason for one in changed.skipped)


def test_metadata_of_what_is_not_there_is_noted_until_it_is(
    empty: Collection, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "lamp.txt").write_text(LAMP)
    known = {"articles": {"lamp.txt": {"title": "Lamp"}, "buoy.txt": {"title": "Buoy"}}}
    (folder / "metadata.json").write_text(json.dumps(known))
    said = "metadata.json (it names what is not there: buoy.txt)"
    for _ in range(2):  # said each time, and nothing is skipped for it
        changed = sync(empty, folder, settings)
        assert ([str(one) for one in changed.notices], changed.skipped) == ([said], ())
    (folder / "buoy.txt").write_text("The buoy is red.")
    assert sync(empty, folder, settings).notices == ()


def test_without_a_default_collection_the_others_are_named(settings: Settings) -> None:
    make_collection(settings.index, "sea")
    with pytest.raises(IndexMissing, match=r"no default index in .*, but: sea"):
        open_collection(settings.index)
