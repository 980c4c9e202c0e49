from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.qa.longer import MOST, whole
from pincite.qa.said.who import describing


def widened(question: str, marked: str) -> str:
    """The words that a span in [brackets] is widened to."""
    start, end = marked.index("["), marked.index("]") - 1
    sentence = marked.replace("[", "").replace("]", "")
    a, b = whole(question, sentence, start, end)
    return sentence[a:b]


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        (
            "Why was the mine closed?",
            "It was closed because of [a fall] of rock, the owners said.",
            "because of a fall of rock",
        ),
        (
            "Why did the court reject the claim?",
            "The judge found [the papers] came too late and that the fee was unpaid.",
            "the papers came too late",
        ),
        (
            "How did the minister react?",
            "The minister [left] the hall without a word; his aides stayed.",
            "left the hall without a word",
        ),
        (
            "What happened to the ferry?",
            "On Monday the ferry [ran aground] near the port, injuring 1,200 people.",
            "ran aground near the port",
        ),
        (
            "Why did the price fall?",
            "It fell [as buyers] offered 1,300 dollars where 2,000 had been asked.",
            "as buyers offered 1,300 dollars where 2,000 had been asked",
        ),
        (
            "What did Lee say about the harvest?",
            "“It rained for weeks. This is the [worst harvest] in years, I fear,” Lee said.",
            "This is the worst harvest in years",
        ),
        (
            "what did the union say about the offer",
            'The union called a strike. "The offer is [an insult]" it wrote.',
            "The offer is an insult",
        ),
        (
            "What did Lee predict about the harvest?",
            "“We see that it will be [a success] this year,” Lee said.",
            "We see that it will be a success this year",
        ),
        (
            "When did the king sell the islands?",
            "Shortly before the long\xa0war in [May 1702], the king sold both.",
            "Shortly before the long\xa0war in May 1702",
        ),
        (
            "In what year did he leave?",
            "He left two years after the flood of [1931].",
            "two years after the flood of 1931",
        ),
        ("When was she born?", "Moss (born 13 January [1891]) was a diver.", "13 January 1891"),
        ("On what date was it?", "It was on [January] 13, 1891, at noon.", "January 13, 1891"),
    ],
)
def test_a_stump_becomes_a_clause(question: str, sentence: str, expected: str) -> None:
    assert widened(question, sentence) == expected


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many were hurt?", "Some [12] people were hurt in the fire."),
        ("How long did it take?", "It took [two hours] to reach the coast."),
        ("Who wrote it?", "It was written by [Ada Moss] of Leeds."),
        ("What did Lee say about the harvest?", "Lee called the harvest [poor] on Friday."),
        ("When did it happen?", "It happened [on Friday] in the night."),
        ("In what year was she born?", "Moss (born 13 January [1891]) was a diver."),
        ("When was it built?", "It was built in [1891], they say."),
        ("When was the flood?", "He left two years after the flood of [1931]."),
        ("Who was king in May?", "Shortly before the war in [May 1702], the king sold both."),
    ],
)
def test_other_answers_are_left_as_they_are(question: str, sentence: str) -> None:
    assert widened(question, sentence) == sentence[sentence.index("[") + 1 : sentence.index("]")]


def test_a_clause_too_long_to_be_an_answer_is_left() -> None:
    sentence = "They left [the town] " + "again " * MOST + "that night."
    assert widened("Why did they leave?", sentence) == "the town"


@given(
    st.sampled_from(
        ["Why is it so?", "What did he say about it?", "Who is it?", "How is it done?"]
    ),
    st.text(st.sampled_from('ab 1,.“”"and—;'), min_size=1, max_size=60),
    st.data(),
)
def test_a_span_is_never_cut_and_stays_in_its_sentence(
    question: str, sentence: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(sentence) - 1))
    end = data.draw(st.integers(start + 1, len(sentence)))
    a, b = whole(question, sentence, start, end)
    assert 0 <= a <= start
    assert end <= b <= len(sentence)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Russian [President Vladimir] Putin spoke.", "Russian President"),
        ("They met, and [then President Putin] spoke.", "then President"),
        ("He spoke to Russian military [writer] Gennady Putin.", "Russian military writer"),
        ("It came from the port's [office] in Leeds and Ada Putin.", None),
        (
            "It came from the head of the port's [office], Ada Putin.",
            "the head of the port's office",
        ),
        ("They [challenged General Roman Putin] to come.", "General"),
        ("Ada Moss, the [king's adviser Boris Putin] and Lee spoke.", "the king's adviser"),
        ("[Ada Putin, a diver], spoke.", "a diver"),
        ("Ada Putin, who is [a diver], spoke.", "a diver"),
    ],
)
def test_who_somebody_is_stands_at_the_name(sentence: str, expected: str | None) -> None:
    marked = sentence.replace("[", "").replace("]", "")
    start, end = sentence.index("["), sentence.index("]") - 1
    found = describing("Who is Putin?", marked, start, end)
    assert (found and marked[slice(*found)]) == expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("What is Leeds?", "They came [entering the suburb] of Leeds at night.", "the suburb"),
        ("What is Leeds?", "They are [in the border town of Leeds] now.", "the border town"),
        ("What is Leeds?", "Lee saw [Leeds, which is an old town], burn.", "which is an old town"),
        ("What was the war about?", "It was [about the harbour] of Leeds.", "about the harbour"),
    ],
)
def test_what_something_is_stands_at_the_name(question: str, sentence: str, expected: str) -> None:
    assert widened(question, sentence) == expected


@given(
    st.sampled_from(["Who is Lee?", "who is lee", "What is the Lee Port?", "Who is it?"]),
    st.lists(
        st.sampled_from(
            [
                "Lee",
                "Lee's",
                "Port",
                "the",
                "mayor",
                "of",
                "(",
                ")",
                ",",
                "who",
                "is",
                "Ada",
                "“",
                "sang",
            ]
        ),
        min_size=1,
        max_size=14,
    ),
    st.data(),
)
def test_a_description_is_some_words_of_the_sentence(
    question: str, words: list[str], data: st.DataObject
) -> None:
    sentence = " ".join(words)
    start = data.draw(st.integers(0, len(sentence) - 1))
    end = data.draw(st.integers(start + 1, len(sentence)))
    found = describing(question, sentence, start, end)
    if question == "Who is it?":
        assert found == (start, end)
    elif found is not None and sentence[start:end].strip():
        assert 0 <= found[0] < found[1] <= len(sentence)
        assert sentence[slice(*found)].strip()
