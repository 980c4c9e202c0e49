from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.cli import QUESTIONS
from pincite.index.terms import terms
from pincite.qa.spelled import MOST, mended

HARBOUR = "offer head over had prisoner missile airfield night concern group people recognise"


class Words:
    """A lexicon of these words, each in one passage."""

    def __init__(self, words: str) -> None:
        self.known = set(terms(words))

    def frequencies(self, wanted: list[str]) -> Mapping[str, int]:
        return {term: int(term in self.known) for term in wanted}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how many misiles hit the airfeild?", "how many missiles hit the airfield?"),
        ("wich prisonners did they ofer?", "which prisoners did they offer?"),
        ("who is haed of the goup", "who is head of the group"),
        ("what did he say abuot the nigth", "what did he say about the night"),
        ("were three poeple there", "were three people there"),
    ],
)
def test_a_typo_becomes_the_word_that_was_meant(typed: str, meant: str) -> None:
    assert mended(typed, Words(HARBOUR + " missiles prisoners")) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who is Prigozjin?",  # a name is the index's business
        "Who defends the harbour's honour?",  # words of a dictionary, though of no article
        "What does the frobnicator do?",  # nothing near stands in the articles
        "How is the colour recognised?",
        "When was the theatre organised by the travelled critic?",
        "which zzyzzx?",
        "wich-hunt",  # a part of a word is left
    ],
)
def test_what_is_no_typo_is_left(question: str) -> None:
    assert mended(question, Words(HARBOUR)) == question


def test_a_word_of_the_articles_is_none_whatever_the_dictionary_says() -> None:
    assert mended("who is a gopnik?", Words("gopnik gothic")) == "who is a gopnik?"


def test_a_typo_is_not_mended_to_what_the_articles_lack() -> None:
    assert mended("where is the airfeild?", Words("night")) == "where is the airfeild?"


def test_the_plainly_worded_development_questions_are_left_as_they_are() -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    plain = {"who", "when", "where", "how_many", "what", "why", "said", "agreed", "disputed"}
    asked = [row["question"] for row in rows if row["split"] == "dev" and row["kind"] in plain]
    lexicon = Words(" ".join(asked).replace("defence", "defense"))
    assert len(asked) > 80
    assert [mended(question, lexicon) for question in asked] == asked


def test_a_question_in_another_language_is_left() -> None:
    # "nigth" alone would be mended.
    typos = "nigth haed goup ofer abuot wich poeple consern misile airfeild prisonner acording"
    assert len(typos.split()) == MOST
    assert mended(typos, Words(HARBOUR)) != typos
    assert mended(f"{typos} ofre", Words(HARBOUR)) == f"{typos} ofre"


@given(st.text(st.sampled_from("abehtwicu AB?'-1"), max_size=40))
def test_only_lower_case_words_change(question: str) -> None:
    found = mended(question, Words(HARBOUR))
    assert [c for c in found if not c.islower()] == [c for c in question if not c.islower()]
