"""A sharded index answers as one index of the same documents, and says so where it can't."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.cluster.alone import LocalShards, index_alone, open_alone, read_all
from pincite.cluster.build import Build, clear, read_build, shard_folder, write_build
from pincite.cluster.index import OpenBuild, best, over
from pincite.cluster.planning import plan
from pincite.cluster.sources import as_file, find, pieces
from pincite.errors import (
    ArticleNotFound,
    CorpusError,
    IndexDamaged,
    IndexMissing,
    InvalidRequest,
    ShardMissing,
)
from pincite.index.build import build
from pincite.index.formats.contents import Limits
from pincite.index.manifest import Searched
from pincite.index.only import Only
from pincite.index.opened import Scored
from pincite.index.passages import Passage
from pincite.index.update import recipe_of
from pincite.qa.answer import Answer, Took, Turn
from pincite.qa.ask import Models, Pincite
from pincite.settings import SHIPPED, Settings, load_settings
from tests.conftest import open_with_fakes
from tests.fakes import CONFIDENCE, FakeComparison, FakeEncoder, FakeReader

SHARD = 20  # paragraphs: the five shipped articles make a shard each, or nearly
QUESTIONS = (
    "How many prisoners were claimed?",
    "Who leads the Russian Volunteer Corps?",
    "What did the RDK say?",
    "Where did Prigozhin go?",
    "What happened in Zelenskiy's office?",
    "Was the brigde closed?",
    "How many days did O'Neil wait?",
    "And why?",
)
MODELS = Models(FakeEncoder(), FakeReader(), FakeComparison(), CONFIDENCE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    """The shipped articles on one machine."""
    settings = load_settings(index=tmp_path_factory.mktemp("whole"), corpus=SHIPPED / "seeds")
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in shards."""
    folder = tmp_path_factory.mktemp("sharded")
    shard(SHIPPED / "seeds", folder, Settings(), FakeEncoder(), SHARD)
    return folder


@pytest.fixture
def opened(sharded: Path) -> tuple[OpenBuild, LocalShards]:
    return open_alone(sharded, Settings(), FakeEncoder())


def shard(corpus: Path, folder: Path, settings: Settings, encoder: FakeEncoder, size: int) -> Build:
    return index_alone([str(corpus)], folder, settings, encoder, size)


def plain(answer: Answer) -> Answer:
    return replace(answer, took_ms=Took(0.0, 0.0, 0.0))


def scored(id_: int, cosine: float, bm25: float) -> Scored:
    return Scored(id_, Passage("a", None, "", 1, 0, 1, "x"), cosine, bm25)


def test_answers_are_those_of_one_index(
    whole: Pincite, opened: tuple[OpenBuild, LocalShards]
) -> None:
    build, local = opened
    assert len(build.build.shards) > 3
    history = [Turn(QUESTIONS[0], "17")]
    for question in QUESTIONS:
        for turns in ((), history):
            ours = over(build, MODELS, whole.settings)
            # Passage by passage, to the last bit of each score, before anything is read.
            assert ours.look_up(question, turns) == whole.look_up(question, turns)
            assert plain(ours.ask(question, turns)) == plain(whole.ask(question, turns))
    assert {method for _, method in local.asked} >= {"candidates", "around", "frequencies"}


def test_of_two_shards_each_is_asked_twice_and_one_answers_the_same(
    whole: Pincite, tmp_path: Path
) -> None:
    for shards, size in ((2, 80), (1, 1000)):
        folder = tmp_path / str(shards)
        shard(SHIPPED / "seeds", folder, Settings(), FakeEncoder(), size)
        build, local = open_alone(folder, Settings(), FakeEncoder())
        assert len(build.build.shards) == shards
        assert len(build.build.searched_apart) == (shards if shards > 1 else 0)
        cited = []
        for question in QUESTIONS:
            local.asked.clear()
            answer = over(build, MODELS, whole.settings).ask(question)
            assert plain(answer) == plain(whole.ask(question))
            if answer.citations:
                cited.append(sorted(local.asked))
            assert over(build, MODELS, whole.settings).look_up(question) == whole.look_up(question)
        # What stands around the hits, the articles' dates and what is cited come along; asked
        # besides is only how often what has several wordings stands in each.
        calls = {(name, method) for name in local.shards for method in ("candidates", "closeness")}
        counted = {(name, "frequencies") for name in local.shards}
        assert cited
        for asked in cited if shards > 1 else ():
            assert asked in (sorted(calls), sorted(calls | counted))
        # Nor does it matter to what is said whether anything comes along.
        turns = [Turn(QUESTIONS[0], "17")]
        followed = over(build, MODELS, whole.settings).ask("And why?", turns)
        assert plain(followed) == plain(whole.ask("And why?", turns))


def test_limits_searches_and_lists_are_those_of_one_index(
    whole: Pincite, opened: tuple[OpenBuild, LocalShards]
) -> None:
    ours = over(opened[0], MODELS, whole.settings)
    rows = whole.index.store.articles()
    assert ours.index.store.articles() == rows
    assert ours.index.counts == whole.index.counts
    assert ours.index.store.examples() == whole.index.store.examples()
    for only in (Only((rows[0].id, rows[-1].id)), Only(publishers=(rows[3].publisher or "",))):
        assert ours.index.only(only).counts == whole.index.only(only).counts
        for question in QUESTIONS[:3]:
            assert plain(ours.ask(question, only=only)) == plain(whole.ask(question, only=only))
            assert ours.search(question, 5, only) == whole.search(question, 5, only)
    for id_ in (rows[0].id, rows[-1].id):
        assert ours.index.store.article(id_) == whole.index.store.article(id_)
    assert ours.index.store.article("nowhere") is None
    with pytest.raises(ArticleNotFound):
        ours.ask("Who?", only=Only(("nowhere",)))


def test_a_shard_that_cannot_be_reached_is_told_of(
    whole: Pincite, opened: tuple[OpenBuild, LocalShards]
) -> None:
    build, local = opened
    ours = over(build, MODELS, whole.settings)
    complete = ours.ask(QUESTIONS[0])
    assert complete.searched is None
    homes = {c.article.id for c in complete.citations or complete.nearest}
    lost = next(n for n, one in local.shards.items() if homes & {r.id for r in one.rows()})
    local.dead = {lost}
    shards = len(build.build.shards)
    ours = over(build, MODELS, whole.settings)
    partial = ours.ask(QUESTIONS[0])
    assert partial.searched == Searched(shards - 1, shards)
    assert f"Only {shards - 1} of {shards} parts" in partial.text
    shown = {c.article.id for c in (*partial.citations, *partial.nearest)}
    assert not shown & {row.id for row in local.shards[lost].rows()}
    # What stays is scored as before: the statistics are those of all shards.
    _, fewer = over(build, MODELS, whole.settings).look_up("prisoners")
    every = {hit.id: hit.score for hit in whole.look_up("prisoners")[1]}
    both = [hit for hit in fewer if hit.id in every]
    assert len(both) > 3
    assert all(every[hit.id] == hit.score for hit in both)


def test_what_is_in_a_lost_shard_is_not_said_not_to_be(
    whole: Pincite, opened: tuple[OpenBuild, LocalShards]
) -> None:
    build, local = opened
    last = build.build.shards[-1].name
    (row, *_) = local.shards[last].rows()
    local.dead = {last}
    ours = over(build, MODELS, whole.settings)
    for ask in (
        lambda: ours.index.store.article(row.id),
        lambda: ours.index.store.articles(),
        lambda: ours.ask("Who?", only=Only((row.id,))),
    ):
        with pytest.raises(ShardMissing, match=last):
            ask()
    local.dead = {one.name for one in build.build.shards}
    with pytest.raises(ShardMissing, match="no shard"):
        over(build, MODELS, whole.settings).ask("Who?")


def test_the_best_of_shards_are_the_best_of_all() -> None:
    found = [scored(1, 0.9, 0.0), scored(2, 0.2, 7.0), scored(3, 0.8, 3.0), scored(4, 0.8, 5.0)]
    # The two nearest are 1 and, of the equally near, the first; the two first by BM25 are 2 and 4.
    assert sorted((one.id, one.bm25) for one in best(found, 2)) == [
        (1, 0.0), (2, 7.0), (3, 0.0), (4, 5.0),
    ]  # fmt: skip
    assert [one.id for one in best(found, 1)] == [2, 1]


def test_the_same_documents_give_the_same_shards(sharded: Path, tmp_path: Path) -> None:
    encoder = FakeEncoder()
    again = shard(SHIPPED / "seeds", tmp_path, Settings(), encoder, SHARD)
    name, before = read_build(sharded)
    assert (again, read_build(tmp_path)[0]) == (before, name)
    # Also byte by byte, but for the manifest that lists the files' hashes.
    for one in again.shards:
        (ours,) = shard_folder(tmp_path, one.name).glob("collections/default/segment-*")
        (theirs,) = shard_folder(sharded, one.name).glob("collections/default/segment-*")
        for file in ("store.terms", "store.sqlite", "vectors.faiss"):
            assert (ours / file).read_bytes() == (theirs / file).read_bytes()
    encoder.encoded.clear()
    shard(SHIPPED / "seeds", tmp_path, Settings(), encoder, SHARD)
    assert encoder.encoded == []
    # Other shards of the same documents take their vectors over.
    larger = shard(SHIPPED / "seeds", tmp_path, Settings(), encoder, 10 * SHARD)
    assert encoder.encoded == []
    assert larger.extent == again.extent and len(larger.shards) < len(again.shards)


def test_another_encoder_takes_no_vectors_over(tmp_path: Path) -> None:
    first, other = FakeEncoder("first"), FakeEncoder("other")
    shard(SHIPPED / "seeds", tmp_path, Settings(), first, SHARD)
    before = len(first.encoded)
    shard(SHIPPED / "seeds", tmp_path, Settings(), other, SHARD)
    assert len(other.encoded) == before > 0
    # Its own it takes over, with what the first one made beside them.
    shard(SHIPPED / "seeds", tmp_path, Settings(), other, 10 * SHARD)
    assert len(other.encoded) == before


def test_a_shard_is_an_index_that_one_machine_opens(sharded: Path) -> None:
    _, made = read_build(sharded)
    settings = load_settings(index=shard_folder(sharded, made.shards[0].name))
    alone = open_with_fakes(settings)
    assert alone.index.counts == made.shards[0].counts
    assert alone.ask(QUESTIONS[0]).status in ("answered", "no_answer", "disputed")


def test_json_lines_are_parted_and_keep_their_names_and_ids(tmp_path: Path) -> None:
    lines = [{"id": "same" if n % 2 else f"a{n}", "text": f"Fact {n} is here."} for n in range(9)]
    raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lines.jsonl.gz").write_bytes(gzip.compress(raw))
    settings = load_settings(index=tmp_path / "one", corpus=tmp_path / "docs")
    build(settings, FakeEncoder())
    made = shard(tmp_path / "docs", tmp_path / "many", settings, FakeEncoder(), 1)
    assert len(made.shards) == 1  # half a megabyte is not parted
    ours = over(open_alone(tmp_path / "many", settings, FakeEncoder())[0], MODELS, settings)
    assert ours.index.store.articles() == open_with_fakes(settings).index.store.articles()
    assert [row.id for row in ours.index.store.articles()][:4] == ["a0", "same", "a2", "same-2"]


def test_a_run_of_lines_is_read_by_the_names_that_it_has_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pincite.cluster.sources.PIECE_BYTES", 40)
    (tmp_path / "docs").mkdir()
    raw = b"".join(b'{"text": "Fact %d is here."}\n' % n for n in range(5))
    (tmp_path / "docs" / "lines.jsonl").write_bytes(raw)
    (source,), _ = find([str(tmp_path / "docs")])
    parts = list(pieces(source, Limits()))
    assert [(part.before, part.data.count(b"\n")) for part in parts] == [(0, 2), (2, 2), (4, 1)]
    assert b"".join(part.data for part in parts) == raw
    assert as_file("x.jsonl", 2, b"{}\n") == b"\n\n{}\n"
    assert gzip.decompress(as_file("x.jsonl.gz", 2, b"{}\n")) == b"\n\n{}\n"
    settings = Settings()
    made = shard(tmp_path / "docs", tmp_path / "many", settings, FakeEncoder(), 2)
    assert len(made.shards) == 3
    rows = over(open_alone(tmp_path / "many", settings, FakeEncoder())[0], MODELS, settings)
    files = [row.file for row in rows.index.store.articles()]
    assert files == [f"lines.jsonl:{n}" for n in range(1, 6)]


def test_shards_are_full_by_paragraphs(tmp_path: Path) -> None:
    settings = Settings()
    readings, _ = read_all([str(SHIPPED / "seeds")], tmp_path, settings)
    recipe = recipe_of(settings, FakeEncoder())
    shards = plan(readings, recipe, SHARD)
    sizes = [sum(r.paragraphs for part in one.parts for r in part.readings) for one in shards]
    assert all(size >= SHARD for size in sizes[:-1])
    largest = max(reading.paragraphs for reading in readings)
    assert all(size < SHARD + largest for size in sizes)
    assert plan(readings[::-1], recipe, SHARD) == shards
    assert plan(readings, replace(recipe, passage_tokens=100), SHARD)[0].name != shards[0].name


def test_what_cannot_be_read_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The bridge was shut for 4 days.\n")
    (docs / "b.jsonl.gz").write_bytes(b"no gzip")
    (docs / "c.bin").write_bytes(b"\x00\x01")
    readings, _ = read_all([str(docs)], tmp_path / "many", Settings())
    told = {notice.name: notice.reason for r in readings for notice in r.notices}
    assert set(told) == {"b.jsonl.gz", "c.bin"} and "can't be read" in told["b.jsonl.gz"]
    assert [reading.ids for reading in readings] == [("a",), (), ()]
    with pytest.raises(CorpusError):
        find([str(tmp_path / "nothing")])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_text("Again.")
    with pytest.raises(InvalidRequest, match=r"'a\.txt'"):
        find([str(docs), str(tmp_path / "other")])
    (docs / "metadata.json").write_text('{"articles": 7}')
    with pytest.raises(CorpusError, match="articles"):
        find([str(docs)])


def test_an_address_that_nothing_here_speaks_is_told() -> None:
    with pytest.raises(CorpusError, match="nowhere://bucket/folder can't be read"):
        find(["nowhere://bucket/folder"])


def test_what_no_list_needs_is_removed_and_damage_is_told(tmp_path: Path) -> None:
    settings = Settings()
    first = shard(SHIPPED / "seeds", tmp_path, settings, FakeEncoder(), SHARD)
    second = shard(SHIPPED / "seeds", tmp_path, settings, FakeEncoder(), 10 * SHARD)
    assert clear(tmp_path, [first, second]) == []
    assert set(clear(tmp_path, [second])) == {one.name for one in first.shards}
    assert {path.name for path in tmp_path.iterdir()} == {"CURRENT", "shards", second.statistics}
    write_build(tmp_path, first)
    with pytest.raises(IndexMissing):
        open_alone(tmp_path, settings, FakeEncoder())
    content = (tmp_path / "CURRENT").read_bytes()
    (tmp_path / "CURRENT").write_bytes(content.replace(b"shard-", b"sharp-"))
    with pytest.raises(IndexDamaged):
        read_build(tmp_path)
