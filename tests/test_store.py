"""The store and the opened index: what goes in comes out, and BM25 is BM25."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build import build
from index.corpus import scan
from index.manifest import Counts
from index.opened import Index, open_index
from index.passages import Passage, Piece, passages
from index.store import Store, StoreWriter, is_readable
from index.terms import terms
from index.tokens import encoding
from pincite.errors import IndexDamaged
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


def bm25(question: list[str], header_weight: float) -> list[tuple[int, float]]:
    """`(passage id, score)`, best first, after https://sqlite.org/fts5.html, section 5.1.1.

    sum over terms of idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * D / avgdl)),
    idf = ln((N - n + 0.5) / (n + 0.5)), 1e-6 at least; tf is the weighted sum
    over the columns, D and avgdl count the terms of both columns unweighted.
    """
    k1, b = 1.2, 0.75
    split = [(terms(header), terms(text)) for header, text in TEXTS]
    lengths = [len(header) + len(text) for header, text in split]
    average = sum(lengths) / len(lengths)
    scores: dict[int, float] = {}
    for term in question:
        n = sum(term in header or term in text for header, text in split)
        idf = max(math.log((len(split) - n + 0.5) / (n + 0.5)), 1e-6)
        for id_, ((header, text), length) in enumerate(zip(split, lengths, strict=True), start=1):
            tf = text.count(term) + header_weight * header.count(term)
            if tf:
                norm = k1 * (1 - b + b * length / average)
                scores[id_] = scores.get(id_, 0.0) + idf * tf * (k1 + 1) / (tf + norm)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


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
    assert index.store.match([], 9, 1.0) == []


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
            keys, inputs = [key for key, _ in batch], [text for _, text in batch]
            writer.add_vectors(keys, encoder.encode(inputs))
        assert batches == 2
        assert writer.count_missing() == 0
        expected = FakeEncoder().encode([v.text for p in (both, second, again) for v in p.views])
        assert np.array_equal(np.concatenate(list(writer.vectors(3))), expected)
    assert len(encoder.encoded) == 4
    assert Store(tmp_path / "s").passages_of([7, 1, 4, 2]) == [3, 1, 2, 1]


def test_a_store_that_failed_half_way_is_closed_and_empty(tmp_path: Path) -> None:
    (article, *_) = scan(SEEDS).articles()
    with pytest.raises(ZeroDivisionError), StoreWriter(tmp_path / "s") as writer:
        writer.add(article, [])
        raise ZeroDivisionError
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        writer.count_missing()
    assert sqlite3.connect(tmp_path / "s").execute("SELECT count(*) FROM article").fetchone() == (
        0,
    )


def test_a_missing_store_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged) as caught:
        Store(tmp_path / "none").articles()
    assert "pincite index" in caught.value.hint
    assert not is_readable(tmp_path / "none")
    (tmp_path / "junk").write_bytes(b"junk" * 999)
    assert not is_readable(tmp_path / "junk")


def test_a_path_with_marks_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%20'e"
    folder.mkdir()
    with StoreWriter(folder / "s") as writer:
        writer.add_examples(["Why?"])
    with StoreWriter(folder / "t") as writer:
        writer.reuse(folder / "s")
    assert Store(folder / "s").examples() == ["Why?"]
    assert {path.name for path in folder.iterdir()} == {"s", "t"}


# -- BM25 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("header_weight", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize(
    "question", ["bridge", "the old bridge", "Zelensky war", "long match else", "war bridge won"]
)
def test_bm25_is_what_the_formula_says(small: Store, question: str, header_weight: float) -> None:
    found = small.match(terms(question), 10, header_weight)
    expected = bm25(terms(question), header_weight)
    scored = {id_: score for id_, score in found if score > 1e-9}  # none for a weight of 0
    assert scored == pytest.approx(dict(expected))
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert small.match(terms(question), 2, header_weight) == found[:2]


def test_bm25_worked_out_by_hand(small: Store) -> None:
    # "old" stands in 1 of 5 passages, once. Lengths 10, 4, 14, 4, 19: 51 / 5 on average.
    idf = math.log(4.5 / 1.5)
    score = idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 10 / 10.2))
    assert dict(small.match(["old"], 9, 1.0)) == pytest.approx({1: score})


def test_a_term_asked_twice_counts_once(small: Store) -> None:
    assert small.match(["bridg", "bridg"], 9, 1.0) == small.match(["bridg"], 9, 1.0)


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


@given(
    st.lists(
        st.one_of(st.sampled_from([*_OPERATORS, "soldiers", "body:", "Белгород"]), st.text())
    ).map(" ".join)
)
def test_no_question_is_taken_for_a_query(index: Index, question: str) -> None:
    scores = list(index.matching(index.meant(question), 5, 0.5).values())
    assert scores == sorted(scores, reverse=True) and len(scores) <= 5


def test_a_question_of_very_many_terms(index: Index) -> None:
    assert index.matching(
        index.meant(" ".join(f"w{n}" for n in range(20_000)) + " Bakhmut"), 5, 0.5
    )


def test_operators_are_words_like_others(index: Index) -> None:
    assert index.matching(index.meant("NOT soldiers"), 50, 0.5) == index.matching(
        index.meant("soldiers not"), 50, 0.5
    )


def test_a_misspelt_term_matches_what_it_stands_for(index: Index) -> None:
    right = index.matching(index.meant("Prigozhin"), 20, 0.5)
    assert right
    assert index.matching(index.meant("Prigoshin"), 20, 0.5) == right
    assert (
        index.matching(index.meant("Bkahmut"), 20, 0.5)
        == index.matching(index.meant("Bakhmut"), 20, 0.5)
        != {}
    )
    assert index.matching(index.meant("Xylophone 99999"), 20, 0.5) == {}


@pytest.mark.parametrize("question", ["Who is the governor of Belgorod?", "A girl was killed."])
def test_nearest_are_the_passages_of_the_nearest_views(index: Index, question: str) -> None:
    (vector,) = FakeEncoder().encode([question])
    best = {}
    for id_ in range(1, index.manifest.counts.passages + 1):
        views = FakeEncoder().encode([view.text for view in index.store.passage(id_).views])
        best[id_] = float((views @ vector).max())
    everything = index.nearest(vector, index.manifest.counts.passages * 9)
    assert everything == pytest.approx(best)
    ordered = sorted(best.values(), reverse=True)
    assert list(everything.values()) == pytest.approx(ordered)
    for limit in (1, 3):
        assert list(index.nearest(vector, limit).values()) == pytest.approx(ordered[:limit])


def test_threads_get_the_same_answers(index: Index, tmp_path: Path) -> None:
    settings = Settings(corpus=SEEDS, index=tmp_path)
    build(settings, FakeEncoder())
    fresh = open_index(settings, FakeEncoder())  # its vocabulary is still to be read
    (vector,) = FakeEncoder().encode(["Where is Bakhmut?"])

    def ask(opened: Index) -> object:
        lexical = opened.matching(opened.meant("Who said Prigoshin left?"), 9, 0.5)
        return lexical, opened.nearest(vector, 9), opened.store.passage(1)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [fresh] * 64))
    assert answers == [ask(index)] * 64
