"""The terms in arrays: BM25 is what SQLite's own FTS5 computes, phrases included."""

from __future__ import annotations

import functools
import itertools
import math
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.errors import IndexDamaged
from pincite.index import postings as p
from pincite.index.bm25 import Terms, idf
from pincite.index.corpus import scan
from pincite.index.passages import passages
from pincite.index.postings import Postings
from pincite.index.postings_writer import PostingsWriter, coded
from pincite.index.terms import Wordings, nearest_terms, terms
from pincite.index.tokens import encoding
from pincite.settings import SHIPPED

Texts = Sequence[tuple[str, str]]


def written(path: Path, texts: Texts, header_weight: float = 0.5, at_once: int = 3) -> Terms:
    with PostingsWriter(path, header_weight) as writer:
        for at in range(0, len(texts), at_once):
            writer.add(coded(texts[at : at + at_once]))
    return Terms([(Postings(path), None)])


def fts5(texts: Texts) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (body, header, tokenize = 'ascii')")
    db.executemany(
        "INSERT INTO t (body, header) VALUES (?, ?)",
        [(" ".join(terms(text)), " ".join(terms(header))) for text, header in texts],
    )
    return db


def asked_of(db: sqlite3.Connection, wordings: Sequence[str], weight: float) -> dict[int, float]:
    """Passage id -> BM25 of the wordings, each by itself, added up by FTS5."""
    query = " OR ".join(f'"{wording}"' for wording in wordings)
    rows = db.execute(
        "SELECT rowid, -bm25(t, 1.0, ?) FROM t WHERE t MATCH ?", (weight, query)
    ).fetchall()
    return dict(rows)


def assert_same(found: list[tuple[int, float]], expected: dict[int, float]) -> None:
    assert dict(found) == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert found == sorted(found, key=lambda item: (-item[1], item[0]))


WORDS = st.sampled_from(["war", "Bridge", "o'neil", "neil", "the", "o", "Zelenskyy", "Łódź", "9"])
TEXT = st.lists(WORDS, max_size=12).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=9),
    st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4),
    st.sampled_from([0.25, 0.5, 1.0, 3.0]),
    st.integers(1, 4),
)
def test_scores_and_frequencies_are_those_of_fts5(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[tuple[str, str]],
    wordings: list[str],
    weight: float,
    block: int,
) -> None:
    asked = list(dict.fromkeys(" ".join(terms(wording)) for wording in wordings))
    db = fts5(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(p, "BLOCK", block)  # so that a few passages make several
        found = written(tmp_path_factory.mktemp("p") / "p", texts, weight)
        assert found.count == len(texts)
        assert_same(found.match([(wording,) for wording in asked], 99), asked_of(db, asked, weight))
        for wording in asked:
            held = len(asked_of(db, [wording], weight))
            assert found.frequency((wording,)) == held
        assert found.frequency(tuple(asked)) == len(asked_of(db, asked, weight))
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, 'row')")
        assert found.vocabulary == [term for (term,) in db.execute("SELECT term FROM v")]


def test_the_shipped_articles_rank_as_fts5_ranks_them(tmp_path: Path) -> None:
    def count(text: str) -> int:
        return len(encoding("pincite").encode_ordinary(text))

    cut = [
        (passage.text, passage.header)
        for article in scan(SHIPPED / "seeds").articles()
        for passage in passages(article, count, 220)
    ]
    found, db = written(tmp_path / "p", cut, at_once=40), fts5(cut)
    assert len(cut) > 40
    for question in ("governor of Belgorod", "Ukraine's army said", "Freedom of Russia Legion"):
        asked = [*terms(question), " ".join(terms(question))]
        expected = asked_of(db, asked, 0.5)
        assert_same(found.match([(one,) for one in asked], len(cut)), expected)
        best = sorted(expected, key=lambda id_: (-expected[id_], id_))[:100]
        assert [id_ for id_, _ in found.match([(one,) for one in asked], 100)] == best


TEXTS = [
    ("The bridge is closed and the bridge is old.", "Bridge"),
    ("A bridge fell.", "War"),
    ("Zelenskyy spoke of the war, and of the long war before the war.", "War"),
    ("Nothing else.", "War | Bridge"),
    ("He won a long match in the rain, and nobody else was there to see him win it.", "Sport"),
]


@functools.cache
def syllables() -> Terms:
    """Of all words of two to five of four syllables."""
    words = [
        "".join(w)
        for n in range(2, 6)
        for w in itertools.product(["ab", "cé", "9", "ba"], repeat=n)
    ]
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder) / "p", [(" ".join(words), "")])


def test_a_weight_worked_out_by_hand(tmp_path: Path) -> None:
    # "old" stands in 1 of 5 passages, once. Lengths 10, 4, 14, 4, 19: 51 / 5 on average.
    idf = math.log(4.5 / 1.5)
    score = idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 10 / 10.2))
    ((id_, found),) = written(tmp_path / "p", TEXTS).match([("old",)], 9)
    assert id_ == 1
    assert found == pytest.approx(score)


@pytest.mark.parametrize("one", [("bridg", "long war"), ("war", "zelenski"), ("no", "rain")])
def test_of_several_wordings_the_best_counts_as_rare_as_all(tmp_path: Path, one: Wordings) -> None:
    db = fts5(TEXTS)
    each = [asked_of(db, [wording], 0.5) for wording in one]
    rarity = idf(5, len(each[0].keys() | each[1].keys()))
    expected: dict[int, float] = {}
    for scores in each:
        for id_, score in scores.items():
            share = score * rarity / idf(5, len(scores))
            expected[id_] = max(expected.get(id_, 0.0), share)
    found = written(tmp_path / "p", TEXTS)
    assert_same(found.match([one], 9), expected)
    # Beside another term the two add up.
    for id_, score in asked_of(db, ["the"], 0.5).items():
        expected[id_] = expected.get(id_, 0.0) + score
    assert_same(found.match([one, ("the",)], 9), expected)
    assert found.match([one, ("the",)], 2) == found.match([one, ("the",)], 9)[:2]


@settings(max_examples=200, deadline=None)
@given(st.text("abcé9'", min_size=1, max_size=11))
def test_what_is_like_a_term_holds_all_that_is_near_to_it(typed: str) -> None:
    near = syllables().like(typed)
    assert len(near) == len(set(near)) <= len(syllables().vocabulary)
    assert nearest_terms(typed, near) == nearest_terms(typed, syllables().vocabulary)


def test_a_limit_cuts_equal_scores_by_their_id(tmp_path: Path) -> None:
    found = written(tmp_path / "p", [("rain fell", ""), ("it snowed", "")] * 4 + [("hail", "")] * 9)
    whole = found.match([("rain",)], 99)
    assert [id_ for id_, _ in whole] == [1, 3, 5, 7]
    assert found.match([("rain",)], 3) == whole[:3]


def test_no_passage_no_term_and_nothing_asked(tmp_path: Path) -> None:
    empty = written(tmp_path / "p", [])
    assert (empty.match([("war",)], 9), empty.vocabulary, empty.frequency(("war",))) == ([], [], 0)
    some = written(tmp_path / "q", [("", ""), ("war", "")])
    assert some.match([], 9) == some.match([("no such",), ("'",)], 9) == []
    assert some.frequency(("war", "no such")) == 1


def test_blocks_of_one_file_hold_the_terms_seen_up_to_then(tmp_path: Path) -> None:
    texts = [(f"w{n} common w{n % 7}", "head") for n in range(50)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(p, "BLOCK", 8)
        many = written(tmp_path / "p", texts, at_once=20)
        found = many.match([("common",), ("w49",), ("w49 common",)], 50)
        assert [many.frequency((f"w{n}",)) for n in (3, 6, 7, 49)] == [7, 7, 1, 1]
    one = written(tmp_path / "q", texts)
    assert found == one.match([("common",), ("w49",), ("w49 common",)], 50)
    assert found[0][0] == 50


@pytest.mark.parametrize("keep", [0, 5, 300])
def test_a_cut_file_is_damage(tmp_path: Path, keep: int) -> None:
    written(tmp_path / "p", TEXTS)
    (tmp_path / "p").write_bytes((tmp_path / "p").read_bytes()[:keep])
    with pytest.raises(IndexDamaged) as caught:
        Postings(tmp_path / "p")
    assert "pincite index" in caught.value.hint


def test_a_block_s_arrays_are_mapped_not_read(tmp_path: Path) -> None:
    written(tmp_path / "p", TEXTS)
    (block,) = Postings(tmp_path / "p").blocks
    assert not block.counts.flags.owndata and not block.counts.flags.writeable
    assert block.lengths().tolist() == [10, 4, 14, 4, 19]
    assert np.array_equal(block.tokens == 0, np.isin(np.arange(61), block.bounds[1:] - 1))
