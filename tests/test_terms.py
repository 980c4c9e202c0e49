"""Terms: what makes two spellings of one word meet, and what does not."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.terms import content_terms, fold, nearest_terms, terms


@pytest.mark.parametrize(
    "spellings",
    [
        "Zelensky Zelenskiy Zelenskyy ZELENSKY Zelenskyy’s Zelensky's",
        "Kropyvnytskyi Kropyvnytskiy",
        "Syrskyi Syrskiy",
        "Serhii Serhiy",
        "Kupiansk Kupians'k Kupians’k Kupiansʹk Kupiansʼk",
        "Zürich Zurich ZÜRICH Zu\u0308rich",
        "Łódź Lodz",
        "Ærø Aero",
        "governor governors governor's governors’ Governor",
        "fight fights fighting",
    ],
)
def test_spellings_of_one_word_meet(spellings: str) -> None:
    assert len({tuple(terms(word)) for word in spellings.split()}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Governor's 13 soldiers", ["the", "governor", "13", "soldier"]),
        ("snake_case and 1,300", ["snake", "case", "and", "1", "300"]),
        ("U.S.-led", ["u", "s", "led"]),
        ("O'Brien ‘quoted’ 'too'", ["obrien", "quot", "too"]),
        ("Белгород ２０２３", ["белгород", "2023"]),
        ("cat cat", ["cat", "cat"]),
        ("… ’ — _ '", []),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_different_names_stay_apart() -> None:
    assert terms("Belgorod") != terms("Belgrade")
    assert terms("Kyiv") != terms("Kiev")


def test_fold() -> None:
    assert fold("Kupiansʹk Zürich STRASSE Straße") == "kupians'k zurich strasse strasse"


@given(st.text())
def test_terms_hold_letters_and_digits_only(text: str) -> None:
    for term in terms(text):
        assert term
        assert not set(term) & set("'’\" \t\n\0*():^_")


@given(st.text(), st.text())
def test_terms_of_two_texts_are_the_terms_of_each(one: str, other: str) -> None:
    assert terms(f"{one}\n{other}") == terms(one) + terms(other)


def test_terms_are_the_same_in_every_thread() -> None:
    texts = [f"The governors of {name} were fighting" for name in ("Belgorod", "Łódź", "Kharkiv")]
    expected = [terms(text) for text in texts]
    wrong: list[list[str]] = []

    def work() -> None:
        for _ in range(300):
            for text, wanted in zip(texts, expected, strict=True):
                if (found := terms(text)) != wanted:
                    wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


VOCABULARY = ["belgorod", "belgrad", "gladkov", "prigozhin", "13", "2023", "war", "ward", "wart"]


@pytest.mark.parametrize(
    ("term", "nearest"),
    [
        ("belgorod", ["belgorod"]),
        ("belgrod", ["belgorod", "belgrad"]),  # one o left out; a for o
        ("bleogrod", ["belgorod"]),  # two swaps in eight letters
        ("gladkvo", ["gladkov"]),  # one swap
        ("glaadkow", ["gladkov"]),  # two edits in eight letters
        ("gladko", ["gladkov"]),
        ("galdkvo", []),  # two edits in seven letters
        ("prigojin", ["prigozhin"]),  # z for j, and an h
        ("wars", ["war", "ward", "wart"]),
        ("wor", []),  # too short
        ("2024", []),  # a number
        ("b2lgorod", []),
        ("", []),
    ],
)
def test_nearest_terms(term: str, nearest: list[str]) -> None:
    assert nearest_terms(term, VOCABULARY) == nearest


def test_nearest_terms_are_three_at_most_and_those_that_are_nearest() -> None:
    assert nearest_terms("abcd", ["abce", "abcf", "abcg", "abch"]) == ["abce", "abcf", "abcg"]
    assert nearest_terms("abcdefgh", ["abcdefij", "abcdefgi"]) == ["abcdefgi"]
    assert nearest_terms("abcd", []) == []


def test_a_question_is_about_its_content_words() -> None:
    assert content_terms("How many prisoners were claimed?") == ["prison", "claim"]
    assert content_terms("Who is Zelensky's deputy, and who isn't?") == [
        "zelenski",
        "deputi",
    ]
    assert content_terms("What does the US say to us?") == ["us"]
    assert content_terms("WHAT DOES THE US SAY?") == ["us"]


def test_a_question_of_function_words_keeps_them() -> None:
    assert content_terms("Who was it?") == ["who", "was", "it"]
