"""Typed questions keep what they ask; an unanswerable twin asks for something else."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.terms import terms
from pincite.training import typed

QUESTION = "What is the name of the hospital in Kharkiv that was hit in 2022?"
seeds = st.integers(0, 10_000)


def ways(question: str, tries: int = 600) -> set[str]:
    return {typed.as_typed(question, Random(seed)) for seed in range(tries)}


@given(st.text(max_size=120), seeds)
def test_one_random_gives_one_question(question: str, seed: int) -> None:
    assert typed.as_typed(question, Random(seed)) == typed.as_typed(question, Random(seed))


@given(st.text(st.sampled_from("abcdeWh 1990,.?'’“-é€"), max_size=80), seeds)
def test_digits_stay(question: str, seed: int) -> None:
    got = typed.as_typed(question, Random(seed))
    assert re.sub(r"\D", "", got) == re.sub(r"\D", "", question)
    assert bool(got) == bool(question.strip())


@given(st.from_regex(r"[a-zA-Z]{5,12}", fullmatch=True), seeds)
def test_a_typo_is_one_slip_after_the_first_letter(word: str, seed: int) -> None:
    from rapidfuzz.distance import OSA

    got = typed._typo(word, Random(seed))
    assert got[0] == word[0]
    assert OSA.distance(word, got) <= 1


def test_the_ways_of_typing() -> None:
    got = ways(QUESTION)
    assert "what is the name of the hospital in kharkiv that was hit in 2022" in got
    assert "what's the name of the hospital in kharkiv that was hit in 2022" in got
    assert "name hospital kharkiv hit 2022" in got
    assert "what name hospital kharkiv hit 2022" in got
    assert "name hospital Kharkiv hit 2022" in got
    lower = QUESTION[0].lower() + QUESTION[1:]
    assert f"can you tell me {lower}" in got
    assert any(re.search(r"\b(hopsital|hosptial|hospita|hhospital|hosspital)\b", q) for q in got)


def test_keywords_keep_the_question_word_only() -> None:
    got = {typed._keywords("How many men were hit by the U.S. army?", Random(s)) for s in range(40)}
    assert got == {
        "how many men hit u.s. army",
        "How many men hit U.S. army",
        "men hit u.s. army",
        "men hit U.S. army",
    }


@pytest.mark.parametrize("question", ["Who is he?", "What is Kyiv?", "who"])
def test_too_few_keywords_leave_the_question(question: str) -> None:
    kept = {typed._keywords(question, Random(seed)) for seed in range(20)}
    assert kept <= {question, "What Kyiv", "what kyiv"}


def test_neighbours_on_the_keyboard() -> None:
    assert set(typed._BESIDE["g"]) == set("tyfhvb")
    assert set(typed._BESIDE["q"]) == set("wa")


def test_entities_are_names_and_numbers() -> None:
    text = (
        "The Battle of the Alma took place in September 1854. Lord Raglan's army, under "
        "Mr. Smith, lost 2,002 men near Sevastopol. Paris waited."
    )
    assert typed.entities(text) == [
        "Battle of the Alma", "September", "1854", "Mr. Smith", "2,002", "Sevastopol",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "passage", "pool", "expected"),
    [
        (
            "When did Raglan arrive?",
            "Raglan arrived in May.",
            ["Lord Lucan", "1854", "Lucan", "Raglan"],
            r"When did Lucan arrive\?",
        ),
        ("Who won in 1990?", "She won in 1990.", [], r"Who won in (19|20)\d\d\?"),
        ("Who lost 2,000 men?", "He lost 2000 men.", [], r"Who lost [1-9],\d\d0 men\?"),
        ("Who left in May?", "She left in May.", [], r"Who left in [JFMASOND][a-z]+\?"),
        ("Who lost 3.7 and 7?", "Lost: 7.", [], r"Who lost 3\.7 and [1-9]\?"),
    ],
)
def test_a_twin_asks_for_another(
    question: str, passage: str, pool: list[str], expected: str
) -> None:
    for seed in range(30):
        twin = typed.unanswerable_twin(question, passage, pool, Random(seed))
        assert twin is not None and re.fullmatch(expected, twin) and twin != question


@pytest.mark.parametrize(
    ("question", "passage", "pool"),
    [
        ("Who was wounded?", "Raglan was wounded.", ["Lucan"]),
        ("Where did Lucan go?", "Raglan was wounded.", ["Nolan"]),  # already not of the passage
        ("Where did Raglan go?", "Raglan left Lucan.", ["Lucan"]),  # the pool's only name is there
        ("Where did Raglan go?", "Raglan went home.", ["1854", "Lord Lucan", "May"]),
    ],
)
def test_no_twin(question: str, passage: str, pool: list[str]) -> None:
    assert typed.unanswerable_twin(question, passage, pool, Random(0)) is None


@given(st.integers(0, 10**7), seeds)
def test_a_number_gives_way_to_one_of_its_size(number: int, seed: int) -> None:
    twin = typed.unanswerable_twin(f"who had {number} of it", f"He had {number}.", [], Random(seed))
    assert twin is not None
    other = twin.split()[2]
    assert other != str(number) and abs(len(other) - len(str(number))) <= 1
    assert set(terms(twin)) - set(terms(other)) == set(terms("who had of it"))
