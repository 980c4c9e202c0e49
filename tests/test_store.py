"""The store and the opened index: what goes in comes out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.errors import IndexDamaged
from pincite.index.build import build
from pincite.index.corpus import scan
from pincite.index.encoder import Vectors
from pincite.index.manifest import Counts
from pincite.index.opened import Index, open_index
from pincite.index.passages import Passage, Piece, passages
from pincite.index.schema import recovered
from pincite.index.store import Store
from pincite.index.store_writer import StoreWriter
from pincite.index.terms import terms
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
            [
                Passage(article.id, None, header, (Piece(1, 0, len(text)),), text)
                for header, text in TEXTS
            ],
        )
    return Store(path)


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
        cut += passages(article, tokens, 220, 60)
    assert index.manifest.counts.passages == len(cut)
    assert [index.store.passage(id_) for id_ in range(1, len(cut) + 1)] == cut
    assert index.store.examples() == corpus.examples()


def test_what_is_not_there(index: Index) -> None:
    assert index.store.article("no such") is None
    for id_ in (0, -1, index.manifest.counts.passages + 1):
        with pytest.raises(KeyError):
            index.store.passage(id_)
    assert index.store.passages_of([]) == []
    assert index.store.match([], 9) == []


def of_views(passage: Passage) -> Vectors:
    """The vectors of a passage's views, worked out one by one."""
    vectors = FakeEncoder().encode([view.text for view in passage.views])
    if len(passage.pieces) > 1:
        whole = len(passage.header) * vectors[0]
        for (start, end), vector in zip(passage.bounds, vectors[1:], strict=True):
            whole = whole + (end - start) * vector
        vectors[0] = whole / np.linalg.norm(whole)
    return vectors


def test_counts_and_vectors_follow_the_views(tmp_path: Path) -> None:
    (article, *_) = scan(SEEDS).articles()
    text = article.text
    ends = [(b.start, b.end) for b in article.paragraphs[:2]]
    pieces = tuple(Piece(n, *end) for n, end in enumerate(ends, start=1))
    both = Passage(article.id, None, "H", pieces, "\n".join(text[a:b] for a, b in ends))
    second = Passage(article.id, None, "H", pieces[1:], text[slice(*ends[1])])
    again = Passage(article.id, None, "H", pieces, both.text)
    encoder = FakeEncoder()
    with StoreWriter(tmp_path / "s") as writer:
        writer.add(article, [both, second, again])
        # Views: whole, 1, 2; whole; whole, 1, 2. The last three stood there before.
        assert writer.counts == Counts(1, len(article.paragraphs), 3, 7)
        assert writer.count_missing() == 4
        batches = 0
        for batch in writer.missing(2):
            batches += 1
            ids, inputs = [id_ for id_, _ in batch], [text for _, text in batch]
            writer.add_vectors(ids, encoder.encode(inputs))
        assert batches == 2
        assert writer.count_missing() == 0
        expected = np.concatenate([of_views(p) for p in (both, second, again)])
        for batch_size in (1, 2, 3, 5, 99):
            found = np.concatenate(list(writer.vectors(batch_size)))
            assert np.allclose(found, expected, atol=1e-3)
            assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert len(encoder.encoded) == 4
    assert Store(tmp_path / "s").passages_of([7, 1, 4, 2]) == [3, 1, 2, 1]


def test_a_store_that_failed_half_way_is_closed(tmp_path: Path) -> None:
    (article, *_) = scan(SEEDS).articles()
    with pytest.raises(ZeroDivisionError), StoreWriter(tmp_path / "s") as writer:
        writer.add(article, [])
        raise ZeroDivisionError
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        writer.count_missing()


def test_a_missing_store_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged) as caught:
        Store(tmp_path / "none").articles()
    assert "pincite index" in caught.value.hint
    assert recovered(tmp_path / "none") == 0
    (tmp_path / "junk").write_bytes(b"junk" * 999)
    assert recovered(tmp_path / "junk") == 0


def test_a_path_with_marks_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%20'e"
    folder.mkdir()
    with StoreWriter(folder / "s") as writer:
        writer.add_examples(["Why?"])
    with StoreWriter(folder / "t") as writer:
        writer.reuse(folder / "s")
    assert Store(folder / "s").examples() == ["Why?"]
    assert {path.name for path in folder.iterdir()} == {"s", "s.terms", "t", "t.terms"}


# -- terms ---------------------------------------------------------------------------------


def test_a_term_asked_twice_counts_once(small: Store) -> None:
    assert small.match(["bridg", "bridg"], 9) == small.match(["bridg"], 9)
    assert [id_ for id_, _ in small.match(["bridg"], 9)] == [1, 2, 4]


def test_frequencies_and_vocabulary(small: Store) -> None:
    assert small.frequencies(["bridg", "war", "zelenski", "no"]) == {
        "bridg": 3,  # 1 and 2 in the text, 4 in the header
        "war": 3,
        "zelenski": 1,
        "no": 0,
    }
    expected = {term for pair in TEXTS for part in pair for term in terms(part)}
    assert small.vocabulary() == sorted(expected)


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


@pytest.mark.parametrize("question", ["Who is the governor of Belgorod?", "A girl was killed."])
def test_nearest_are_the_passages_of_the_nearest_views(index: Index, question: str) -> None:
    (vector,) = FakeEncoder().encode([question])
    best = {}
    for id_ in range(1, index.manifest.counts.passages + 1):
        best[id_] = float((of_views(index.store.passage(id_)) @ vector).max())
    everything = index.nearest(vector, index.manifest.counts.passages * 9)
    assert everything == pytest.approx(best, abs=1e-3)  # float16
    ordered = sorted(best.values(), reverse=True)
    assert list(everything.values()) == pytest.approx(ordered, abs=1e-3)
    for limit in (1, 3):
        assert list(index.nearest(vector, limit).values()) == pytest.approx(
            ordered[:limit], abs=1e-3
        )


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
