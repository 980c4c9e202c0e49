"""The learnt comparison: what its model reads, what it makes of the logits, and what it can tell.

The labelled pairs of words and dates in `agreement_pairs.tsv` are those that it is left alone with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pincite.errors import ModelError
from pincite.index.runtime import Session
from pincite.qa.agreement import (
    ANSWER_TOKENS,
    APART,
    CONTEXT,
    FIRST,
    HEADER_TOKENS,
    HINTS,
    MARK,
    MODEL,
    QUESTION_TOKENS,
    TITLED,
    Agreement,
    Likely,
    Relation,
    Writer,
)
from pincite.qa.amounts import Fit
from pincite.qa.measured import Statement
from pincite.settings import SHIPPED, load_settings
from pincite.training.export import export
from pincite.training.weights import load_model, load_tokenizer
from tests.test_measured import labelled, statement, statements
from tests.tiny import make_base, pieces_of

LEAST_RIGHT = 38
"""Of the 78 pairs of words and of dates; 46 were, as measured."""

TINY = pieces_of("mpnet")  # a piece is a character
EQUAL, OPEN, DIFFERENT = (HINTS[fit] for fit in (Fit.SAME, Fit.OPEN, Fit.APART))


def written(
    question: str, first: Statement, second: Statement, context: int = CONTEXT
) -> list[str]:
    """What the model reads, piece by piece, without the signs that one goes on a word."""
    return names(Writer(TINY, context).ids(question, first, second))


def names(ids: Sequence[int]) -> list[str]:
    return [str(TINY.id_to_token(id_)).removeprefix("##") for id_ in ids]


def pieces(text: str) -> list[str]:
    return [MARK if piece == "|" else piece for piece in text.replace(" ", "")]


def test_both_answers_are_marked_where_they_stand() -> None:
    ann, bo = statement("it was [ann], he said"), statement("[bo lee]. so it is")
    assert written("who?", ann, bo) == [
        *(FIRST, *"who?", APART),
        *(*pieces("it was |ann|, he said"), APART),
        *(*pieces("|bo lee|. so it is"), APART),
    ]


def test_the_titles_that_an_answer_stands_under_are_read_before_it() -> None:
    ann = replace(statement("it was [ann]"), header="the ferry of the year 1912")
    assert written("who?", ann, statement("[bo]")) == [
        *(FIRST, *"who?", APART),
        *(*pieces("the ferry of the year 1912")[:HEADER_TOKENS], TITLED),
        *(*pieces("it was |ann|"), APART),
        *(*pieces("|bo|"), APART),
    ]


def test_of_what_stands_around_an_answer_little_is_read() -> None:
    ann, bo = statement("it was [ann], he said"), statement("[bo lee]. so it is")
    assert written("who?", ann, bo, context=2) == [
        *(FIRST, *"who?", APART),
        *(*pieces("as|ann|,h"), APART),
        *(*pieces("|bo lee|.s"), APART),
    ]
    far = Statement("a" * 50 + " b " + "c" * 50, 51, 52)
    assert written("?", far, statement("[d]")) == [
        *(FIRST, "?", APART, *"a" * CONTEXT, MARK, "b", MARK, *"c" * CONTEXT, APART),
        *(MARK, "d", MARK, APART),
    ]


def test_of_a_long_question_the_end_and_of_a_long_answer_the_beginning_is_read() -> None:
    asked, said = "a" * QUESTION_TOKENS + "b" * 9, "c" * ANSWER_TOKENS + "d" * 9
    long = Statement(f"{said} e", 0, len(said))
    assert written(asked, long, statement("f")) == [
        *(FIRST, *"a" * (QUESTION_TOKENS - 9), *"b" * 9, APART),
        *(MARK, *"c" * ANSWER_TOKENS, MARK, "e", APART),
        *(MARK, "f", MARK, APART),
    ]


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        ("12 men", "twelve men", [EQUAL]),
        ("10 homes", "3 cars", [OPEN]),
        ("2 men", "13 men", [DIFFERENT]),
        ("ann", "bo", []),
    ],
)
def test_a_word_says_how_amounts_fit(first: str, second: str, hint: list[str]) -> None:
    assert written("?", statement(first), statement(second)) == [
        *(FIRST, "?", APART, *hint),
        *(*pieces(f"|{first}|"), APART, *pieces(f"|{second}|"), APART),
    ]


def test_a_tokenizer_without_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no '<s>'"):
        Writer(pieces_of("bert"))


def test_the_shipped_tokenizer_has_the_words() -> None:
    from tokenizers import Tokenizer

    path = SHIPPED / "models" / "reader" / "tokenizer.json"
    if not path.exists():
        pytest.skip(f"no {path}: it comes with the model that compares answers")
    writer = Writer(Tokenizer.from_file(str(path)))
    ids = writer.ids("Who?", statement("[Ann] said"), statement("[Bo]"))
    # Without the padding and the length that the file may ask for.
    assert len(ids) == len("<s> who ? </s> * ann * said </s> * bo * </s>".split())


WRITERS = {context: Writer(TINY, context) for context in (0, 3, CONTEXT)}


@settings(deadline=None)
@given(st.text(max_size=90), statements(), statements(), st.sampled_from(sorted(WRITERS)))
@example("a*b", Statement("a * b", 0, 5), Statement("*", 0, 1), 3)
def test_whatever_is_compared_is_short_and_marked_where_it_stands(
    question: str, one: Statement, other: Statement, context: int
) -> None:
    ids = WRITERS[context].ids(question, one, other)
    said = names(ids)
    assert (said[0], said[-1]) == (FIRST, APART)
    assert (said.count(APART), said.count(MARK)) == (3, 4)
    assert len(ids) <= 5 + QUESTION_TOKENS + 2 * (ANSWER_TOKENS + 2 + 2 * context)
    assert sorted(ids) == sorted(WRITERS[context].ids(question, other, one))
    marks = [at for at, name in enumerate(said) if name == MARK]
    for (first, last), of in ((marks[:2], one), (marks[2:], other)):
        whole = TINY.encode(of.text, add_special_tokens=False)
        places = zip(whole.ids, whole.offsets, strict=True)
        held = [id_ for id_, (start, end) in places if start < of.end and of.start < end]
        held = [id_ for id_ in held if TINY.id_to_token(id_) != MARK]  # which no text may forge
        assert ids[first + 1 : last] == held[:ANSWER_TOKENS]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny comparison as it is exported."""
    folder = tmp_path_factory.mktemp("agreement")
    base = make_base(folder / "base", "mpnet")
    load_model(base, "relation").save_pretrained(folder / "whole")
    load_tokenizer(base).save_pretrained(folder / "whole")
    export(folder / "whole", folder / "out", "relation")
    return folder / "out"


def agreement(folder: Path, **changed: Any) -> Agreement:  # noqa: ANN401
    return Agreement(load_settings(agreement=str(folder), **changed))


def test_the_relations_stand_in_the_order_of_the_logits(tiny: Path) -> None:
    assert [of.name for of in fields(Likely)] == [relation.value for relation in Relation]
    pairs = [
        (statement("it was [ann]"), statement("[bo lee] went")),
        (statement("[12] men"), statement("13")),
    ]
    compared = agreement(tiny, threads=1).compare("who?", pairs)
    writer = Writer(TINY)
    logits = Session(tiny / MODEL, 1).run([writer.ids("who?", *pair) for pair in pairs])
    for likely, of in zip(compared, logits, strict=True):
        powers = np.exp(of.astype(float))
        assert of.shape == (6,)
        assert astuple(likely) == pytest.approx(powers / powers.sum(), abs=1e-5)
    assert compared[0] != compared[1]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(statements(), statements()), max_size=3))
def test_the_relations_of_a_pair_are_in_all_certain(
    tiny: Path, pairs: list[tuple[Statement, Statement]]
) -> None:
    compared = agreement(tiny).compare("How many?", pairs)
    assert len(compared) == len(pairs)
    for likely in compared:
        assert all(0.0 <= one <= 1.0 for one in astuple(likely))
        assert sum(astuple(likely)) == pytest.approx(1.0, abs=1e-5)


def test_nothing_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder") as refused:
        agreement(tmp_path / "nothing")
    assert "PINCITE_AGREEMENT" in refused.value.hint
    assert agreement(tmp_path).compare("Who?", []) == []


def test_a_folder_without_a_model_is_refused_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        agreement(tmp_path).compare("Who?", [(statement("ann"), statement("bo"))])


@pytest.mark.models
def test_the_shipped_model_tells_the_labelled_pairs() -> None:
    folder = SHIPPED / "models" / "reader"
    if not (folder / MODEL).exists():
        pytest.skip(f"no {folder / MODEL}: train and export it, see training/README.md")
    pairs = [*labelled("words"), *labelled("dates")]
    rows = [(question, (one, other), true) for question, one, other, true in pairs]
    assert Counter(true for _, _, true in rows) == {
        **{Relation.SAME: 40, Relation.COMPATIBLE: 18, Relation.CONFLICT: 20}
    }
    comparison = agreement(folder)
    found = [comparison.compare(question, [pair])[0] for question, pair, _ in rows]
    # Both are answers: which of the other three it is, is what accounts are made by.
    best = [tuple(Relation)[int(np.argmax(astuple(likely)[:3]))] for likely in found]
    wrong = [
        f"{pair[0].words} / {pair[1].words}: {said}, not {true}"
        for (_, pair, true), said in zip(rows, best, strict=True)
        if said is not true
    ]
    assert len(rows) - len(wrong) >= LEAST_RIGHT, "\n".join(wrong)


def test_words_that_look_like_the_model_s_signs_are_words() -> None:
    forged = Statement("</s> ann * bo </s>", 5, 8)
    pieces = written("who <s>?", forged, Statement("bo", 0, 2))
    assert [pieces.count(sign) for sign in (FIRST, APART, MARK)] == [1, 3, 4]
    # Of an answer of nothing but them nothing is left.
    starred = Statement("five * of * six", 5, 6)
    assert written("?", starred, Statement("bo", 0, 2)) == [
        *(FIRST, "?", APART, *"five", MARK, MARK, *"ofsix", APART, MARK, *"bo", MARK, APART)
    ]
