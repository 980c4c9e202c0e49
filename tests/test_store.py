"""The store and the opened index: what goes in comes out."""

from __future__ import annotations

import pickle
import random
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.errors import IndexDamaged
from pincite.index.build import build
from pincite.index.corpus import scan
from pincite.index.manifest import Counts
from pincite.index.only import Only
from pincite.index.opened import Index, open_index
from pincite.index.passages import Passage, passages
from pincite.index.schema import recovered
from pincite.index.segment import Segment
from pincite.index.store import Store
from pincite.index.store_writer import StoreWriter
from pincite.index.tokens import encoding
from pincite.settings import Settings
from tests.fakes import FakeEncoder

SEEDS = Path(__file__).parents[1] / "seeds"

# header, text
TEXTS = [
    ("Bridge", "The bridge is closed and the bridge is old."),
    ("War", "A bridge fell."),
    ("War", "Zelenskyy spoke of the war, and of the long war before the war."),
    ("War | Bridge", "Nothing else."),
    ("Sport", "He won a long match in the rain, and nobody else was there to see him win it."),
]


def tokens(text: str) -> int:
    return len(encoding("pincite").encode_ordinary(text))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("small") / "store.sqlite"
    (article, *_) = scan(SEEDS).articles()
    with StoreWriter(path) as writer:
        writer.add(
            article,
            [Passage(article.id, None, header, 1, 0, len(text), text) for header, text in TEXTS],
        )
    return Store.at(path)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("index")
    settings = Settings(corpus=SEEDS, index=folder)
    build(settings, FakeEncoder())
    yield open_index(settings, FakeEncoder())


# -- what goes in comes out ----------------------------------------------------------------


def test_articles_and_passages_come_back_as_they_were(index: Index) -> None:
    corpus = scan(SEEDS)
    cut: list[Passage] = []
    for article, row in zip(corpus.articles(), index.store.articles(), strict=True):
        assert index.store.article(article.id) == article
        assert (row.id, row.file, row.title) == (article.id, article.file, article.title)
        assert row.paragraphs == len(article.paragraphs)
        assert index.store.rows_of(["no such", row.id]) == {row.id: row}
        cut += passages(article, tokens, 220)
    assert index.counts.passages == len(cut)
    assert [index.store.passage(id_) for id_ in range(1, len(cut) + 1)] == cut
    assert index.store.passages([5, 2, 5]) == [cut[4], cut[1], cut[4]]
    assert index.store.examples() == corpus.examples()


def test_what_a_shard_sends_arrives_as_it_was(index: Index) -> None:
    (row, *_) = index.store.articles()
    (vector,) = FakeEncoder().encode(["bridge"])
    sent = (index.store.article(row.id), index.candidates("bridge", vector, 5))
    assert sent[0] is not None and len(sent[1]) >= 5
    assert pickle.loads(pickle.dumps(sent)) == sent


def test_what_is_not_there(index: Index) -> None:
    assert index.store.article("no such") is None
    for id_ in (0, -1, index.counts.passages + 1):
        with pytest.raises(KeyError):
            index.store.passage(id_)
        with pytest.raises(KeyError):
            index.store.passages([1, id_])
        assert index.store.around(id_, 5) == []
        assert index.store.vectors_of([id_]) == {}
    assert index.store.passages([]) == []
    assert index.store.match([], 9) == []


def test_every_text_is_encoded_once_and_every_passage_has_its_vector(tmp_path: Path) -> None:
    (article, *_) = scan(SEEDS).articles()
    first = Passage(article.id, None, "H", 1, 0, 4, "One.")
    second = Passage(article.id, None, "H", 2, 5, 14, "Two came.")
    again = Passage(article.id, 0, "H", 3, 15, 19, "One.")
    headed = replace(first, header="War")
    cut = [first, second, again, headed]
    encoder = FakeEncoder()
    with StoreWriter(tmp_path / "s") as writer:
        writer.add(article, cut)
        assert writer.counts == Counts(1, len(article.paragraphs), 4)
        assert writer.count_missing() == 3
        batches = []
        for batch in writer.missing(2):
            batches.append([text for _, text in batch])
            writer.add_vectors([id_ for id_, _ in batch], encoder.encode(batches[-1]))
        assert batches == [["H. One.", "H. Two came."], ["War. One."]]
        assert writer.count_missing() == 0
        expected = FakeEncoder().encode([passage.encoded for passage in cut])
        for batch_size in (1, 3, 99):
            found = np.concatenate(list(writer.vectors(batch_size)))
            assert found == pytest.approx(expected, abs=1e-3)  # float16
    of = Store.at(tmp_path / "s").vectors_of([4, 2])
    assert {id_: vector.dtype for id_, vector in of.items()} == {2: np.float32, 4: np.float32}
    assert np.stack([of[2], of[4]]) == pytest.approx(expected[[1, 3]], abs=1e-3)


def test_around_a_passage_are_those_of_its_article_and_section(tmp_path: Path) -> None:
    one, two, *_ = scan(SEEDS).articles()

    def made(article: str, section: int | None, paragraph: int) -> Passage:
        return Passage(article, section, "", paragraph, 0, 1, "A")

    with StoreWriter(tmp_path / "s") as writer:
        writer.add(one, [made(one.id, None, 1), *(made(one.id, 0, n) for n in (2, 3, 4, 5))])
        writer.add(two, [made(two.id, 0, 1), made(two.id, None, 2), made(two.id, None, 3)])
    store = Store.at(tmp_path / "s")

    def around(id_: int, n: int) -> list[int]:
        return [near for near, _ in store.around(id_, n)]

    assert around(1, 2) == [1]  # the others are of a section
    assert around(3, 1) == [2, 3, 4]
    assert around(3, 9) == [2, 3, 4, 5]  # 6 is in a section 0, too: of another article
    assert around(4, 0) == [4]
    assert around(7, 5) == [7, 8]
    assert store.around(8, 1) == [(7, made(two.id, None, 2)), (8, made(two.id, None, 3))]


def test_a_store_that_failed_half_way_is_closed(tmp_path: Path) -> None:
    (article, *_) = scan(SEEDS).articles()
    with pytest.raises(ZeroDivisionError), StoreWriter(tmp_path / "s") as writer:
        writer.add(article, [])
        raise ZeroDivisionError
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        writer.count_missing()


def test_a_missing_store_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged) as caught:
        Store.at(tmp_path / "none").articles()
    assert "pincite index" in caught.value.hint
    assert recovered(tmp_path / "none") == 0
    (tmp_path / "junk").write_bytes(b"junk" * 999)
    assert recovered(tmp_path / "junk") == 0


@pytest.mark.parametrize(
    "read",
    [
        Store.at,  # that is, `count`
        lambda path: Segment(path, gone=[1]).alive,
        lambda path: Segment(path).counts_of(np.ones(9, bool)),
        lambda path: Segment(path).within(Only(publishers=("Courier",))),
        lambda path: Segment(path).article("a"),
        lambda path: Segment(path).articles(),
        lambda path: Segment(path).rows_of(["a"]),
        lambda path: Segment(path).passages([1]),
        lambda path: Segment(path).around(1, 2),
        lambda path: Segment(path).vectors_of([1]),
        lambda path: list(Segment(path).vectors()),
    ],
)
def test_a_store_that_is_noise_is_damage_by_any_method(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "s"
    with StoreWriter(path):
        pass
    path.write_bytes(random.Random(7).randbytes(8192))
    with pytest.raises(IndexDamaged, match="the store can't be read") as caught:
        read(path)
    assert "pincite index" in caught.value.hint


def test_a_store_that_is_noise_by_now_is_damage_to_its_words_too(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with StoreWriter(path):
        pass
    store = Store.at(path)
    path.write_bytes(random.Random(7).randbytes(8192))
    with ThreadPoolExecutor(1) as another:  # has a connection of its own
        for asked in (
            another.submit(store.abbreviations, ["rdk"]),
            another.submit(store.names, "rs"),
            another.submit(store.article, "a"),
        ):
            with pytest.raises(IndexDamaged):
                asked.result()


def test_a_path_with_marks_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%20'e"
    folder.mkdir()
    (article, *_) = scan(SEEDS).articles()
    with StoreWriter(folder / "s") as writer:
        writer.add(article, [])
    with StoreWriter(folder / "t") as writer:
        writer.reuse(folder / "s")
    assert [row.id for row in Store.at(folder / "s").articles()] == [article.id]
    assert {path.name for path in folder.iterdir()} == {"s", "s.terms", "t", "t.terms"}


# -- terms ---------------------------------------------------------------------------------


def test_a_term_asked_twice_counts_once(small: Store) -> None:
    assert small.match(["bridg", "bridg"], 9) == small.match(["bridg"], 9)
    assert [id_ for id_, _ in small.match(["bridg"], 9)] == [1, 2, 4]


def test_frequencies(small: Store) -> None:
    asked = ("bridg", "war", "zelenski", "no")
    # "bridg" in the texts of 1 and 2 and in the header of 4.
    assert [small.frequency((term,)) for term in asked] == [3, 3, 1, 0]


# -- the opened index ----------------------------------------------------------------------

_OPERATORS = ["AND", "OR", "NOT", "NEAR(a, 2)", "*", '"', "'", "(", ")", ":", "^", "-", "+", "{}"]


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*_OPERATORS, "soldiers", "body:", "Белгород"]), st.text())
    ).map(" ".join)
)
def test_no_question_is_taken_for_a_query(index: Index, question: str) -> None:
    scores = list(index.matching(index.meant(question), 5).values())
    assert scores == sorted(scores, reverse=True) and len(scores) <= 5


def test_a_question_of_very_many_terms(index: Index) -> None:
    assert index.matching(index.meant(" ".join(f"w{n}" for n in range(20_000)) + " Bakhmut"), 5)


def test_operators_are_words_like_others(index: Index) -> None:
    assert index.matching(index.meant("NOT soldiers"), 50) == index.matching(
        index.meant("soldiers not"), 50
    )


def test_a_misspelt_term_matches_what_it_stands_for(index: Index) -> None:
    right = index.matching(index.meant("Prigozhin"), 20)
    assert right
    assert index.matching(index.meant("Prigoshin"), 20) == right
    assert (
        index.matching(index.meant("Bkahmut"), 20)
        == index.matching(index.meant("Bakhmut"), 20)
        != {}
    )
    assert index.matching(index.meant("Xylophone 99999"), 20) == {}


def test_nearest_and_closeness_are_the_cosines(index: Index) -> None:
    (vector,) = FakeEncoder().encode(["Who is the governor of Belgorod?"])
    ids = range(1, index.counts.passages + 1)
    texts = [passage.encoded for passage in index.store.passages(ids)]
    cosines = dict(zip(ids, FakeEncoder().encode(texts) @ vector, strict=True))
    everything = index.nearest(vector, len(ids) + 9)
    assert everything == pytest.approx(cosines, abs=1e-3)  # float16
    assert list(everything.values()) == sorted(everything.values(), reverse=True)
    assert list(index.nearest(vector, 3).items()) == list(everything.items())[:3]
    assert index.closeness(vector, [7, 3]) == pytest.approx(
        {7: everything[7], 3: everything[3]}, abs=1e-5
    )
    assert index.closeness(vector, []) == {}


def test_threads_get_the_same_answers(index: Index, tmp_path: Path) -> None:
    settings = Settings(corpus=SEEDS, index=tmp_path)
    build(settings, FakeEncoder())
    fresh = open_index(settings, FakeEncoder())  # its vocabulary is still to be read
    (vector,) = FakeEncoder().encode(["Where is Bakhmut?"])

    def ask(opened: Index) -> object:
        lexical = opened.matching(opened.meant("Who said Prigoshin left?"), 9)
        return lexical, opened.nearest(vector, 9), opened.store.passage(1)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [fresh] * 64))
    assert answers == [ask(index)] * 64
