"""What the reader is shown: answers stand where they are said to, negatives hold none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.eval.data import Asked, Paragraph
from pincite.eval.words import normalise
from pincite.training.batches import batches
from pincite.training.examples import (
    NOTHING,
    Example,
    Ids,
    Row,
    Texts,
    Tokens,
    _away,
    _passage,
    _window,
    first_stage,
    second_stage,
)
from pincite.training.recipe import Recipe

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
    text: str, *asked: tuple[str, str | None], title: str = "", place: int = 0, source: str = "nq"
) -> Paragraph:
    """Questions with answers that stand once in the text, or with none."""
    questions = tuple(
        Asked(
            question,
            source,
            () if said is None else ((text.index(said), text.index(said) + len(said)),),
        )
        for question, said in asked
    )
    return Paragraph(text, title, title or text, (source,), questions, place)


FERRY = "The ferry sank off Mull in 1912. Forty-one were saved."


def test_golds_by_hand() -> None:
    words = Words()
    texts = Texts([paragraph(FERRY)], words)
    pieces = [FERRY[s:e] for s, e in texts.tokens[0].bounds]
    assert pieces[:9] == ["The", "fer", "ry", "san", "k", "off", "Mul", "l", "in"]

    def golds(start: int, end: int) -> tuple[tuple[int, int], ...]:
        return texts.golds(0, Asked("?", "nq", ((start, end),)))

    assert golds(4, 9) == ((1, 2),)  # ferry
    assert golds(0, 3) == ((0, 0),)  # The
    assert golds(27, 31) == ((9, 10),)  # 1912 without the stop
    assert golds(6, 8) == ((1, 2),)  # "rr": the tokens that it is in
    assert golds(3, 4) == ()  # a blank is no token
    assert golds(0, len(FERRY)) == ((0, len(pieces) - 1),)
    both = Asked("?", "nq", ((4, 9), (3, 4), (19, 23)))
    assert texts.golds(0, both) == ((1, 2), (6, 7))


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("abcdé ,.-'9\n"), max_size=60), st.data())
def test_golds_are_the_answer_and_nothing_more(text: str, data: st.DataObject) -> None:
    whole = list(re.finditer(r"\w+(?:[^\w\n]+\w+){0,3}", text))
    if not whole:
        return
    match = data.draw(st.sampled_from(whole))
    words = Words()
    texts = Texts([paragraph(text)], words)
    ((first, last),) = texts.golds(0, Asked("?", "nq", (match.span(),)))
    bounds = texts.tokens[0].bounds
    assert text[bounds[first][0] : bounds[last][1]] == match[0]
    assert words.text(texts.tokens[0].ids[first : last + 1]) == joined(match[0])


@st.composite
def windows(draw: st.DrawFn) -> tuple[Ids, list[tuple[int, int]], int]:
    length = draw(st.integers(0, 60))
    ids = np.arange(length, dtype=np.int32)
    golds = []
    for _ in range(draw(st.integers(0, 3)) if length else 0):
        first = draw(st.integers(0, length - 1))
        golds.append((first, draw(st.integers(first, min(first + 12, length - 1)))))
    return ids, golds, draw(st.integers(1, 40))


@settings(max_examples=80, deadline=None)
@given(windows(), seeds)
def test_a_window_holds_an_answer_and_is_no_longer_than_said(
    window: tuple[Ids, list[tuple[int, int]], int], seed: int
) -> None:
    ids, golds, size = window
    got = _window(ids, golds, size, Random(seed))
    held = got.text.tolist()
    # Ids count up, so a token says where it stood.
    assert held == list(range(held[0], held[0] + len(held))) if held else not len(ids)
    answers = {tuple(got.text[[first, last]].tolist()) for first, last in got.golds}
    assert answers <= set(golds)
    assert bool(answers) == bool(golds)
    longest = max((last - first + 1 for first, last in golds), default=0)
    assert len(held) <= max(size, longest)
    assert len(held) >= min(size, len(ids))
    # All answers that stand in the window are right ones.
    assert answers == {(f, e) for f, e in golds if held[0] <= f and e <= held[-1]}


def test_windows_fall_everywhere() -> None:
    ids = np.arange(10, dtype=np.int32)
    starts = {int(_window(ids, [(5, 6)], 4, Random(n)).text[0]) for n in range(60)}
    assert starts == {3, 4, 5}
    assert {int(_window(ids, [], 4, Random(n)).text[0]) for n in range(99)} == set(range(7))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abcdefghij"), max_size=90), st.data(), seeds)
def test_away_never_holds_an_answer(letters: list[str], data: st.DataObject, seed: int) -> None:
    words = Words()
    texts = Texts([paragraph(" ".join(letters))], words)
    ids = texts.tokens[0].ids
    if not len(ids):
        return
    first = data.draw(st.integers(0, len(ids) - 1))
    gold = first, data.draw(st.integers(first, min(first + 2, len(ids) - 1)))
    got = _away(texts, 0, [gold], 30, Random(seed))
    if got is None:
        return
    assert (got.golds, got.weight) == ((), 1.0)
    assert 24 <= len(got.text) <= 30
    said = f" {' '.join(map(str, ids[gold[0] : gold[1] + 1].tolist()))} "
    assert said not in f" {' '.join(map(str, got.text.tolist()))} "


def test_away_by_hand() -> None:
    words = Words()
    texts = Texts([paragraph(" ".join(f"w{n}" for n in range(40)))], words)
    ids = texts.tokens[0].ids
    right = _away(texts, 0, [(2, 3), (9, 11)], 64, Random(0))
    assert right is not None and right.text.tolist() == ids[12:].tolist()
    left = _away(texts, 0, [(30, 30)], 64, Random(0))
    assert left is not None and left.text.tolist() == ids[:30].tolist()
    assert _away(texts, 0, [(17, 22)], 64, Random(0)) is None  # 17 tokens on either side


ARTICLE = [
    paragraph("one two three", title="Mull", place=0),
    paragraph("four five six", ("what?", "five"), title="Mull", place=1),
    paragraph("seven eight nine", title="Mull", place=2),
    paragraph("far away", title="Iona", place=3),
]


def test_neighbours_are_of_one_article_in_the_files_order() -> None:
    shuffled = [ARTICLE[2], ARTICLE[3], ARTICLE[0], ARTICLE[1]]
    texts = Texts(shuffled, Words())
    assert texts.neighbours(3) == (2, 0)
    assert texts.neighbours(2) == (None, 3)
    assert texts.neighbours(0) == (3, None)
    assert texts.neighbours(1) == (None, None)
    untitled = Texts([paragraph("a"), paragraph("b", place=1)], Words())
    assert untitled.neighbours(0) == (None, None)
    lists = [paragraph("a", title="A | B"), paragraph("b", title="A | B", place=1)]
    assert Texts(lists, Words()).neighbours(0) == (None, None)


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 40), seeds)
def test_a_passage_keeps_its_order_and_its_answer(size: int, seed: int) -> None:
    words = Words()
    texts = Texts(ARTICLE, words)
    recipe = Recipe(passage_tokens=(size, size), header=0.5)
    golds = texts.golds(1, ARTICLE[1].asked[0])
    got = _passage(texts, 1, golds, recipe, Random(seed), 0.6)
    read = words.text(got.text)
    ((first, last),) = got.golds
    assert words.text(got.text[first : last + 1]) == "five"
    assert len(got.text) <= size
    assert got.weight == 0.6
    assert read in "onetwothreefourfivesixseveneightnine"
    if size >= len(texts.tokens[1].ids):
        assert "fourfivesix" in read
    if size >= sum(len(texts.tokens[i].ids) for i in range(3)):
        assert read == "onetwothreefourfivesixseveneightnine"
    assert words.text(got.before) in ("", "mull")


def test_a_neighbour_that_holds_the_answer_stays_out() -> None:
    words = Words()
    texts = Texts(ARTICLE, words)
    recipe = Recipe(passage_tokens=(40, 40), header=1.0)
    got = _passage(texts, 1, (), recipe, Random(0), without=["two"])
    assert words.text(got.text) == "fourfivesixseveneightnine"
    assert words.text(got.before) == "mull"


TOWNS = [f"Town{chr(97 + n)}" for n in range(8)]
YEARS = ["1901", "1902", "1903"]


@st.composite
def articles(draw: st.DrawFn) -> list[Paragraph]:
    out = []
    for place in range(draw(st.integers(1, 12))):
        town, year = draw(st.sampled_from(TOWNS)), draw(st.sampled_from(YEARS))
        text = f"{place} In {year} the bridge of {town} was built."
        asked = [(f"When was the bridge of {town} built?", year), (f"What is in {year}?", town)]
        if draw(st.booleans()):
            asked[1] = ("Who drew it?", None)  # type: ignore[assignment]
        title = draw(st.sampled_from(["", "A", "B"]))
        out.append(paragraph(text, *asked, title=title, place=place))
    return out


@settings(max_examples=60, deadline=None)
@given(articles(), seeds)
def test_in_the_second_stage_negatives_hold_no_answer(
    paragraphs: list[Paragraph], seed: int
) -> None:
    words = Words()
    texts = Texts(paragraphs, words)
    everything = list(range(len(paragraphs)))
    recipe = Recipe(in_passages={"nq": 1.0}, passage_tokens=(20, 60), typed=0.0, twins=0.0)
    made = second_stage(texts, lambda asked: [everything for _ in asked], recipe, Random(seed))
    asked = [(p, one) for p in paragraphs for one in p.asked]
    assert len(made) == len(asked)
    for (p, one), got in zip(asked, made, strict=True):
        assert words.text(got.question) == joined(one.question)
        own, *others = got.rows
        assert own.weight == 1.0 and len(others) <= bool(one.answers)
        assert len(own.golds) == len(one.answers)
        for (start, end), (first, last) in zip(one.answers, own.golds, strict=True):
            assert words.text(own.text[first : last + 1]) == joined(p.text[start:end])
        for other in others:
            assert (other.golds, other.weight) == ((), recipe.null_weight)
            for start, end in one.answers:
                assert joined(p.text[start:end]) not in words.text(other.text)
        without = [q for q in paragraphs if one.answers and q is not p]
        said = [normalise(p.text[start:end]) for start, end in one.answers]
        if any(not set(said) & set(normalise(q.text).split()) for q in without[:4]):
            assert others


def test_only_the_best_four_that_lack_the_answer_are_drawn_from() -> None:
    texts = Texts(
        [paragraph("it was 1912", ("when?", "1912")), *[paragraph(f"b{n}") for n in range(8)]],
        words := Words(),
    )
    recipe = Recipe(in_passages={"nq": 1.0}, typed=0.0, twins=0.0)
    seen = set()
    for seed in range(60):
        (got,) = second_stage(texts, lambda _: [[0, 8, 7, 6, 5, 4]], recipe, Random(seed))
        seen.add(words.text(got.rows[1].text))
    assert seen == {"b7", "b6", "b5", "b4"}


def test_a_twin_has_the_passage_and_no_answer() -> None:
    text = "Lord Raglan met Nolan. In 1854 the mayor built it for Raglan."
    source = paragraph(text, ("What did the mayor build in 1854?", "it"))
    texts = Texts([source], words := Words())
    recipe = Recipe(in_passages={"nq": 1.0}, typed=0.0, twins=1.0)
    asked, twin = second_stage(texts, lambda _: [[0]], recipe, Random(1))
    assert twin.rows[0].golds == ()
    assert twin.rows[0].text.tolist() == asked.rows[0].text.tolist()
    assert re.fullmatch(r"whatdidthemayorbuildin(?!1854)\d{4}\?", words.text(twin.question))


def test_the_first_stage_repeats_as_the_recipe_says() -> None:
    once = paragraph("it was 1912", ("when?", "1912"), ("who?", None), source="once")
    thrice = paragraph("it was 1913", ("when?", "1913"), source="thrice")
    other = paragraph("it was 1914", ("when?", "1914"), source="other")
    never = paragraph("it was 1915", ("when?", "1915"), source="never")
    recipe = Recipe(epochs={"once": 1.0, "thrice": 3.0, "never": 0.0}, typed=0.0, crop_away=0.0)
    words = Words()
    made = first_stage(Texts([once, thrice, other, never], words), recipe, Random(0))
    shown = [words.text(one.rows[0].text) for one in made]
    assert shown == ["itwas1912"] * 2 + ["itwas1913"] * 3 + ["itwas1914"]
    assert [bool(one.rows[0].golds) for one in made] == [True, False, True, True, True, True]


def test_made_up_questions_are_a_stage_of_their_own() -> None:
    words = Words()
    made_up = paragraph("it was 1912", ("when?", "1912"), source="cloze")
    asked = paragraph("it was 1913", ("when?", "1913"))
    recipe = Recipe(drafts=("cloze",), epochs={}, typed=0.0, crop_away=0.0)
    texts = Texts([made_up, asked], words)
    drafts = first_stage(texts, recipe, Random(0), drafts=True)
    others = first_stage(texts, recipe, Random(0))
    assert [words.text(one.rows[0].text) for one in drafts] == ["itwas1912"]
    assert [words.text(one.rows[0].text) for one in others] == ["itwas1913"]


def test_a_share_of_an_epoch_is_a_sample() -> None:
    many = [paragraph(f"it was {n}", ("when?", str(n))) for n in range(1000, 2000)]
    made = first_stage(Texts(many, Words()), Recipe(epochs={"nq": 0.3}), Random(0))
    assert 250 < len(made) < 350


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_one_seed_gives_one_set_of_examples(seed: int) -> None:
    texts = Texts(ARTICLE, Words())

    def made() -> list[Example]:
        drawn = Random(seed)
        first = first_stage(texts, Recipe(), drawn)
        return first + second_stage(
            texts, lambda asked: [[0, 1, 2, 3] for _ in asked], Recipe(), drawn
        )

    assert repr(made()) == repr(made())


def sized(question: int, *texts: int) -> Example:
    row = [Row(NOTHING, np.zeros(n, dtype=np.int32), ()) for n in texts]
    return Example(np.zeros(question, dtype=np.int32), tuple(row))


sizes = st.builds(
    lambda question, texts: sized(question, *texts),
    st.integers(0, 20),
    st.lists(st.integers(0, 120), min_size=1, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(sizes, max_size=60), st.integers(1, 1500), st.integers(1, 60), seeds)
def test_batches_hold_every_example_once_and_keep_to_the_budget(
    examples: list[Example], tokens: int, pool: int, seed: int
) -> None:
    made = batches(examples, tokens, Random(seed), pool)
    assert sorted(i for batch in made for i in batch) == list(range(len(examples)))
    assert all(made)
    for batch in made:
        rows = sum(len(examples[i].rows) for i in batch)
        padded = rows * max(examples[i].longest for i in batch)
        assert padded <= tokens or len(batch) == 1
    assert made == batches(examples, tokens, Random(seed), pool)


def test_batches_waste_little_and_are_shuffled() -> None:
    drawn = Random(0)
    examples = [sized(10, drawn.randint(20, 120)) for _ in range(2000)]
    made = batches(examples, 3000, Random(1))
    used = sum(one.longest for one in examples)
    padded = sum(len(b) * max(examples[i].longest for i in b) for b in made)
    assert used / padded > 0.9
    assert made != batches(examples, 3000, Random(2))
    means = [np.mean([examples[i].longest for i in b]) for b in made]
    assert means != sorted(means)


@pytest.mark.parametrize(("question", "texts", "longest"), [(0, (0,), 3), (7, (5, 9, 2), 19)])
def test_the_longest_sequence_counts_the_special_tokens(
    question: int, texts: tuple[int, ...], longest: int
) -> None:
    assert sized(question, *texts).longest == longest
