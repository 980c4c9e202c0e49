"""What the reader is shown: answers stand where they are said to, negatives hold none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.eval.data import Asked, Paragraph
from pincite.eval.events import NOT_AN_ACCOUNT
from pincite.qa.answer import Turn
from pincite.qa.measured import Statement
from pincite.training.batches import batches
from pincite.training.examples import Example, around, away, make_examples, window
from pincite.training.mined import Mined
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import Ids, Tokens
from pincite.training.wording import as_typed, plain, title_of, worded

seeds = st.integers(0, 2**32 - 1)


class Words:
    """Pieces of at most three characters, as a word-piece tokenizer makes them; decodes too."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        return [self._of(text) for text in texts]

    def _of(self, text: str) -> Tokens:
        found = list(re.finditer(r"\w{1,3}|[^\w\s]", text))
        for match in found:
            if match[0].lower() not in self.pieces:
                self.pieces.append(match[0].lower())
        ids = [self.pieces.index(match[0].lower()) for match in found]
        bounds = [match.span() for match in found]
        return Tokens(
            np.array(ids, dtype=np.int32), np.array(bounds, dtype=np.int32).reshape(-1, 2)
        )

    def text(self, ids: Ids) -> str:
        return "".join(self.pieces[i] for i in ids)


def joined(text: str) -> str:
    return re.sub(r"\s", "", text).lower()


def paragraph(
    text: str, *asked: tuple[str, str | None], title: str = "", source: str = "nq", kind: str = ""
) -> Paragraph:
    """Questions with answers that stand once in the text, or with none."""
    questions = tuple(
        Asked(
            question,
            source,
            () if said is None else ((text.index(said), text.index(said) + len(said)),),
            kind,
        )
        for question, said in asked
    )
    return Paragraph(text, title, title or text, (source,), questions, 0)


def no_negatives(questions: Sequence[tuple[int, Asked]]) -> list[list[int]]:
    return [[] for _ in questions]


STILL = ReaderRecipe(typed=0.0, away=0.0, negatives=0.0, sources={}, kinds={})
FERRY = "The ferry sank off Mull in 1912. Forty-one were saved."


def test_spans_by_hand() -> None:
    (tokens,) = Words()([FERRY])
    pieces = [FERRY[s:e] for s, e in tokens.bounds]
    assert pieces[:9] == ["The", "fer", "ry", "san", "k", "off", "Mul", "l", "in"]
    assert tokens.spans([(4, 9)]) == ((1, 2),)  # ferry
    assert tokens.spans([(0, 3)]) == ((0, 0),)  # The
    assert tokens.spans([(27, 31)]) == ((9, 10),)  # 1912 without the stop
    assert tokens.spans([(6, 8)]) == ((1, 2),)  # "rr": the tokens that it is in
    assert tokens.spans([(3, 4)]) == ()  # a blank is no token
    assert tokens.spans([(0, len(FERRY))]) == ((0, len(pieces) - 1),)
    assert tokens.spans([(4, 9), (3, 4), (19, 23)]) == ((1, 2), (6, 7))


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("abcdé ,.-'9\n"), max_size=60), st.data())
def test_spans_are_the_answer_and_nothing_more(text: str, data: st.DataObject) -> None:
    whole = list(re.finditer(r"\w+(?:[^\w\n]+\w+){0,3}", text))
    if not whole:
        return
    match = data.draw(st.sampled_from(whole))
    words = Words()
    (tokens,) = words([text])
    ((first, last),) = tokens.spans([match.span()])
    assert text[tokens.bounds[first][0] : tokens.bounds[last][1]] == match[0]
    assert words.text(tokens.ids[first : last + 1]) == joined(match[0])


@st.composite
def windows(draw: st.DrawFn) -> tuple[Ids, tuple[tuple[int, int], ...], int]:
    length = draw(st.integers(0, 60))
    ids = np.arange(length, dtype=np.int32)
    golds = []
    for _ in range(draw(st.integers(0, 3)) if length else 0):
        first = draw(st.integers(0, length - 1))
        golds.append((first, draw(st.integers(first, min(first + 12, length - 1)))))
    return ids, tuple(golds), draw(st.integers(1, 40))


@settings(max_examples=80, deadline=None)
@given(windows(), seeds)
def test_a_window_holds_an_answer_and_is_no_longer_than_said(
    drawn: tuple[Ids, tuple[tuple[int, int], ...], int], seed: int
) -> None:
    ids, golds, size = drawn
    text, kept = around(ids, golds, (), size, Random(seed))
    held = text.tolist()
    # Ids count up, so a token says where it stood.
    assert held == list(range(held[0], held[0] + len(held))) if held else not len(ids)
    answers = {tuple(text[[first, last]].tolist()) for first, last in kept}
    assert bool(answers) == bool(golds)
    longest = max((last - first + 1 for first, last in golds), default=0)
    assert min(size, len(ids)) <= len(held) <= max(size, longest)
    # All answers that stand in the window are right ones.
    assert answers == {(f, e) for f, e in golds if held[0] <= f and e <= held[-1]}


def test_windows_fall_everywhere() -> None:
    ids = np.arange(10, dtype=np.int32)
    starts = {int(window(ids, [(5, 6)], 4, Random(n))[0]) for n in range(60)}
    assert starts == {3, 4, 5}
    assert {int(window(ids, [], 4, Random(n))[0]) for n in range(99)} == set(range(7))


def test_a_window_without_answer_holds_what_might_be_taken_for_one() -> None:
    ids = np.arange(50, dtype=np.int32)
    for seed in range(40):
        text, kept = around(ids, (), ((30, 32),), 8, Random(seed))
        assert {30, 31, 32} <= set(text.tolist()) and kept == ()
        text, kept = around(ids, ((5, 5),), ((30, 32),), 8, Random(seed))
        assert 5 in text and 30 not in text and len(kept) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=90), st.data(), seeds)
def test_away_never_holds_an_answer(letters: list[int], data: st.DataObject, seed: int) -> None:
    ids = np.array(letters, dtype=np.int32)
    first = data.draw(st.integers(0, len(ids) - 1))
    last = data.draw(st.integers(first, min(first + 2, len(ids) - 1)))
    got = away(ids, [(first, last)], 30, Random(seed))
    if got is None:
        return
    assert 24 <= len(got) <= 30
    said = f" {' '.join(map(str, ids[first : last + 1]))} "
    assert said not in f" {' '.join(map(str, got))} "


def test_away_by_hand() -> None:
    ids = np.arange(40, dtype=np.int32)
    right = away(ids, [(2, 3), (9, 11)], 64, Random(0))
    assert right is not None and right.tolist() == ids[12:].tolist()
    left = away(ids, [(30, 30)], 64, Random(0))
    assert left is not None and left.tolist() == ids[:30].tolist()
    assert away(ids, [(17, 22)], 64, Random(0)) is None  # 17 tokens on either side


FOLLOW_UP = Asked(
    "And when?",
    "written_news",
    ((27, 31),),
    "follow-up",
    (Turn("Who?", "Ann"), Turn("What sank?", "the ferry"), Turn("Where?", "off Mull")),
    "When did it sink?",
)


def test_a_follow_up_comes_with_two_turns_or_written_out() -> None:
    with_turns = "What sank? the ferry . Where? off Mull . And when?"
    assert plain(FOLLOW_UP) == with_turns
    recipe = ReaderRecipe(typed=0.0, standalone=0.0)
    assert worded(FOLLOW_UP, recipe, Random(0)) == with_turns
    recipe = ReaderRecipe(typed=0.0, standalone=1.0)
    assert worded(FOLLOW_UP, recipe, Random(0)) == "When did it sink?"
    recipe = ReaderRecipe(typed=1.0, typo=0.0, standalone=0.0)
    assert worded(FOLLOW_UP, recipe, Random(0)) == with_turns.replace("And when?", "and when")


def test_typos_by_hand() -> None:
    # A letter from the second to the last but one: swapped with the next, dropped or doubled.
    typed = {as_typed("Did Anna?", 1.0, Random(n)) for n in range(200)}
    assert typed == {"did anna", "did anan", "did ana", "did annna"}
    assert {as_typed("Who? ", 1.0, Random(n)) for n in range(99)} == {"who"}  # too short for one
    # A vowel may also be taken for another.
    vowels = {"rame", "reme", "rime", "rume", "ryme"}
    typed = {as_typed("Rome?", 1.0, Random(n)) for n in range(400)}
    assert typed == {"rmoe", "rme", "roome", "roem", "roe", "romme", *vowels}
    words = [
        as_typed("Rome " * 99 + "Rome", 0.2, Random(n)).split().count("rome") for n in range(9)
    ]
    assert 75 < sum(words) / 9 < 85


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), seeds)
def test_typed_is_nearly_the_same(question: str, seed: int) -> None:
    got = as_typed(question, 1.0, Random(seed))
    assert got == got.lower() and not got.endswith("?")
    wanted = question.lower().rstrip("? ")
    words = zip(got.split(" "), wanted.split(" "), strict=True)
    assert all(abs(len(one) - len(other)) <= 1 for one, other in words)
    assert as_typed(question, 0.0, Random(seed)) == wanted


def test_the_share_of_each_source_and_kind() -> None:
    once = paragraph("it was 1912", ("when?", "1912"), ("who?", None), source="once")
    thrice = paragraph("it was 1913", ("when?", "1913"), source="thrice")
    other = paragraph("it was 1914", ("when?", "1914"), source="other")
    never = paragraph("it was 1915", ("when?", "1915"), source="never")
    far = paragraph("it was 1916", ("when?", "1916"), source="thrice", kind="far")
    recipe = replace(STILL, sources={"once": 1, "thrice": 3.0, "never": 0.0}, kinds={"far": 2})
    words = Words()
    paragraphs = [once, thrice, other, never, far]
    made = make_examples(paragraphs, words, no_negatives, {}, recipe, Random(0))
    shown = [words.text(one.text) for one in made]
    assert shown == ["itwas1912"] * 2 + ["itwas1913"] * 3 + ["itwas1914"] + ["itwas1916"] * 6
    assert [bool(one.golds) for one in made[:3]] == [True, False, True]


def test_what_no_report_answers_is_weighed_apart() -> None:
    recipe = ReaderRecipe(share=0.5, kinds={"same": 2.0, "none": 3.0, "unanswerable": 4.0})
    places = ((0, 1),)
    assert recipe.weight(Asked("?", "written_events", places, "same")) == 1.0
    assert recipe.weight(Asked("?", "written_events", (), "same")) == 1.5
    assert recipe.weight(Asked("?", "written_news", (), "unanswerable")) == 2.0
    assert recipe.weight(Asked("?", "squad2dev_imp", ())) == 0.5


def test_negatives_are_not_here() -> None:
    text = "it was 1912"
    paragraphs = [paragraph(text, ("when?", "1912"), ("who?", None)), paragraph("so it goes")]
    asked: list[tuple[int, str]] = []

    def found(questions: Sequence[tuple[int, Asked]]) -> list[list[int]]:
        asked.extend((i, one.question) for i, one in questions)
        return [[1]] * len(questions)

    words = Words()
    recipe = replace(STILL, negatives=1.0)
    made = make_examples(paragraphs, words, found, {}, recipe, Random(0))
    assert asked == [(0, "when?"), (0, "who?")]
    assert [(words.text(one.question), words.text(one.text)) for one in made] == [
        ("when?", "itwas1912"),
        ("who?", "itwas1912"),
        ("when?", "soitgoes"),
        ("who?", "soitgoes"),
    ]
    assert [one.golds for one in made] == [((2, 3),), (), (), ()]


def test_a_question_comes_with_as_many_negatives_as_the_recipe_says() -> None:
    of = [paragraph("it was 1912", ("when?", "1912")), paragraph("so"), paragraph("it goes")]

    def found(questions: Sequence[tuple[int, Asked]]) -> list[list[int]]:
        return [[1, 2]] * len(questions)

    def wrong(negatives: float, seed: int) -> list[str]:
        words = Words()
        recipe = replace(STILL, negatives=negatives)
        made = make_examples(of, words, found, {}, recipe, Random(seed))
        assert made[0].golds and not any(one.golds for one in made[1:])
        return [words.text(one.text) for one in made[1:]]

    assert {len(wrong(3.0, seed)) for seed in range(20)} == {3}
    assert {len(wrong(1.5, seed)) for seed in range(40)} == {1, 2}
    assert wrong(0.0, 0) == []
    # Each time drawn anew among those that were found.
    assert {text for seed in range(20) for text in wrong(3.0, seed)} == {"so", "itgoes"}


def test_mistakes_are_shown_with_what_stands_around_them() -> None:
    own = paragraph("Ann saw two ships. It rained.", ("How many?", "two"), kind="same")
    other = replace(paragraph("Bo saw a fog. He counted nine ships."), place=7)
    of = (own.group, "How many?", "same")

    def mined(
        told: Paragraph, words: str, clear: bool = True, account: int = NOT_AN_ACCOUNT
    ) -> Mined:
        start = told.text.index(words)
        end = start + len(words)
        return Mined(told.place, start, end, Statement(told.text, start, end), account, clear)

    right = mined(own, "two ships", account=0)  # what answers is no mistake
    tempting = [right, mined(other, "nine"), mined(own, "Ann"), mined(other, "Bo", clear=False)]

    def shown(most: int) -> list[tuple[str, str, int]]:
        words = Words()
        recipe = replace(STILL, mistakes=most)
        texts = [own, other]
        made = make_examples(texts, words, no_negatives, {of: tempting}, recipe, Random(0))
        assert made[0].golds  # the question on its own report
        return [
            (words.text(one.question), words.text(one.text), len(one.golds)) for one in made[1:]
        ]

    nine = ("howmany?", joined(other.text), 0)
    beside = ("howmany?", joined(own.text), 1)  # the answer is in what stands around the mistake
    assert [shown(most) for most in (0, 1, 2, 9)] == [[], [nine], *[[nine, beside]] * 2]
    assert make_examples([other], Words(), no_negatives, {of: tempting}, STILL, Random(0)) == []


def test_a_title_is_seen_and_the_last_of_a_question() -> None:
    words = Words()
    of = paragraph(FERRY, ("what sank off Mull", "ferry"), title="Isle_of_Mull")
    recipe = replace(STILL, titled=1.0, question_tokens=3)
    (one,) = make_examples([of], words, no_negatives, {}, recipe, Random(0))
    assert (words.text(one.title), words.text(one.question)) == ("isleofmull", "offmull")
    assert (words.text(one.text[1:3]), one.golds) == ("ferry", ((1, 2),))
    assert title_of(paragraph("a", title="Wiki1k:x:1:2:3")) == ""


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_one_seed_gives_one_set_of_examples(seed: int) -> None:
    paragraphs = [paragraph(FERRY * 9, ("what?", "ferry"), ("why?", None)), paragraph(FERRY[5:])]

    def made() -> list[Example]:
        recipe = ReaderRecipe(share=4.5, titled=0.5, negatives=0.5)
        found = [[1]]
        return make_examples(
            paragraphs, Words(), lambda q: found * len(q), {}, recipe, Random(seed)
        )

    assert repr(made()) == repr(made())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 160), max_size=60), st.integers(1, 1500), st.integers(1, 60), seeds)
def test_batches_hold_every_example_once_and_keep_to_the_budget(
    lengths: list[int], tokens: int, pool: int, seed: int
) -> None:
    made = batches(lengths, tokens, Random(seed), pool)
    assert sorted(i for batch in made for i in batch) == list(range(len(lengths)))
    assert all(made)
    for batch in made:
        assert len(batch) * max(lengths[i] for i in batch) <= tokens or len(batch) == 1
    assert made == batches(lengths, tokens, Random(seed), pool)


def test_batches_waste_little_and_are_shuffled() -> None:
    drawn = Random(0)
    lengths = [drawn.randint(30, 130) for _ in range(2000)]
    made = batches(lengths, 3000, Random(1))
    padded = sum(len(b) * max(lengths[i] for i in b) for b in made)
    assert sum(lengths) / padded > 0.9
    assert made != batches(lengths, 3000, Random(2))
    means = [np.mean([lengths[i] for i in b]) for b in made]
    assert means != pytest.approx(sorted(means))
