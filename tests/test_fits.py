"""Which spans can be an answer: questions with spans of the kind they ask for and of others.

In brackets is the span where its sentence says more; without them all of it is the span.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.said.fits import RULES, asked_for, can_answer
from pincite.qa.said.times import is_only_time, tells_hour, tells_time, tells_year

FITS = [
    ("How many prisoners were claimed?", "13"),
    ("How many prisoners were claimed?", "two prisoners"),
    ("how  MANY drones fell?", "Dozens"),
    ("How many survived?", "None"),
    ("How many of the boats sank?", "[One] of the boats sank"),
    ("How many bridges are left?", "There are many bridges of wood"),
    ("How many of the 20 bakers stayed?", "[up to 12] may have stayed"),
    ("How many pounds did the fine come to?", "£300"),
    ("How many miles is the road?", "46 km"),
    ("How many pupils walk to school?", "90%"),
    ("How many paid days off are there?", "more than [28 days]"),
    ("What percentage of voters stayed away?", "nearly half"),
    ("What percentage of voters stayed away?", "41.5"),
    ("Which share did she sell?", "two-thirds of it"),
    ("How large a share did she sell?", "two-thirds of it"),
    ("How long did the siege last?", "from dawn until dusk"),
    ("How long did the siege last?", "since the 1960s"),
    ("How long did the siege last?", "a few weeks"),
    ("How long did the siege last?", "several long months"),
    ("How long is the bridge?", "90-meter"),
    ("How far is the well?", "halfway down the hill"),
    ("How far did they walk?", "three hours"),
    ("How old was the bishop?", "in his late forties"),
    ("How old was the bishop?", "64"),
    ("How much does a ticket cost?", "free of charge"),
    ("How much does a ticket cost?", "$22"),
    ("She paid how much?", "a lot"),
    ("How much has the river risen?", "slightly"),
    ("How much of the tomato is left?", "1/3"),
    ("How much noise does the fan make?", "very quiet"),
    ("When did the fair open?", "On the [4th] of May it was"),
    ("When did the fair open?", "on May [5]"),
    ("When did the fair open?", "in [554]"),
    ("When did the fair open?", "shortly before the invasion"),
    ("When was the quay rebuilt?", "after the [Great Flood]"),
    ("When was the quay rebuilt?", "at the [coronation]"),
    ("When was the quay rebuilt?", "two years ago"),
    ("When was the quay rebuilt?", "In 1871"),
    ("When does the rule apply?", "for long journeys"),
    ("When is the rule void?", "as soon as it rains"),
    ("the fair opened when", "late last month"),
    ("On what day did the ferry sail?", "Saturday"),
    ("In which month was it?", "September"),
    ("In what year did the school open?", "2010/2011"),
    ("At what time did the bell ring?", "17:00 to 18:00"),
    ("At what time did the bell ring?", "while they slept"),
    ("At what time did the bell ring?", "15 minutes before noon"),
    ("At what hours is it open?", "9 to 17:00"),
    ("Who signed the lease?", "11 of the 12 heirs"),
    ("Who signed the lease?", "it was [Miles]"),
    ("Who signed the lease?", "the US"),
    ("Who signed the lease?", "April"),
    ("Who was hurt?", "nobody"),
    ("Where did she buy it?", "at [7-Eleven]"),
    ("Where did the team end?", "second"),
    ("Which city fell first?", "Zürich"),
    ("Which city fell first?", "neither city"),
    ("which city fell first", "he said [lyon] fell"),
    ("Which state of matter is it?", "liquid"),
    ("Which type of aircraft was it?", "737"),
    ("What is the name of the process?", "photosynthesis"),
    ("What is such a ridge called?", "an arête"),
    ("What was the name of the novel?", "Their Eyes Were Watching God"),
    ("Whose hat was it?", "The hat was [Anna's] old one"),
    ("Which chain grew?", "[McDonald's] is growing"),
    ("Which company did he lead?", "Sold by [Levi's], he said"),
    ("Is it a town or a village?", "village"),
    ("Why did it fall?", "in 1999"),
    ("Did the mayor come?", "failed to show up"),
    ("Whom did she send?", "She sent [her aides to Bergen]"),
    ("Who spoke to Moss or Lee?", "Lee"),
    ("Who is Moss?", "[Mayor] Moss spoke"),
    ("To whom did she send it?", "She sent it to [Anna Moss] in May"),
    ("Who did she send it to?", "She sent it to [Anna Moss] in May"),
    ("Who wrote it?", "a letter to [the king]"),
    ("Is the bridge open?", "It isn’t"),
    ("Is the bridge open?", "he said that it opens at noon"),
    ("Does it float?", "it sinks"),
    ("What did Koval say of the harvest?", "“It was the [worst] for years,” Koval said"),
    ("What did Koval say of the harvest?", "“Never,” she said, but it [was better]"),
    ("What did Koval say of the harvest?", "Koval called it [a disaster]"),
    ("Who is Ihnat?", "Yurii Ihnat, [a spokesperson] for the port, said so"),
    ("And who was Yuriy Ihnat?", "[The port's spokesman], Yurii Ihnat, said so"),
    ("who is ihnat", "[The port's spokesman], Yurii Ihnat, said so"),
    ("who is leading Wagner", "It was [Anna Moss] who led Wagner"),
    ("who was seen tuesday", "[Anna Moss] was seen on Tuesday"),
    ("Who is Moss?", "Moss was the first [diver] of the town"),
    ("Who is Moss?", "It was built for Moss ([a diver])"),
    ("What is the RDK?", "The [Russian Volunteer Corps] (RDK) spoke"),
    ("What is the RDK?", "It is [a corps] of volunteers"),
    ("What is the Port of Leeds?", "The Port of Leeds Authority (PLA), [a body] of five, spoke"),
    ("What is Wagner?", "the Wagner [military company]"),
    ("What is the capital of Peru?", "[Lima] is"),
    ("Who is Popko's deputy?", "She was [his aide] for years"),
    ("Who is responsible?", "[The mayor] did it"),
]
DOES_NOT = [
    ("How many prisoners were claimed?", "how many prisoners"),
    ("How many prisoners were claimed?", "Ukrainian"),
    ("How many prisoners were claimed?", "unit A3S"),
    ("How many prisoners were claimed?", "He sent [one of his deputies]"),
    ("How many prisoners were claimed?", "[One] of those was an advance"),
    ("How many prisoners were claimed?", "on May [5], 2008"),
    ("How many prisoners were claimed?", "In [2008], they said"),
    ("How many prisoners were claimed?", "400 meters"),
    ("How many prisoners were claimed?", "$159 million"),
    ("How many prisoners were claimed?", "It was [two] weeks after the raid"),
    ("How many prisoners were claimed?", "the third"),
    ("What percentage of voters stayed away?", "a Tuesday"),
    ("What percentage of voters stayed away?", "$40"),
    ("How large a share did she sell?", "400 meters"),
    ("How long did the siege last?", "the mayor"),
    ("How long did the siege last?", "90%"),
    ("How long did the siege last?", "several air strikes"),
    ("How far did they walk?", "the old priest"),
    ("How old was the bishop?", "The governor"),
    ("How old was the bishop?", "40 meters"),
    ("How much does a ticket cost?", "medium-range"),
    ("How much does a ticket cost?", "400 meters"),
    ("How much money was lost?", "the clerk"),
    ("How much of the tomato is left?", "the kitchen"),
    ("When did the fair open?", "Anna Kovacs"),
    ("When did the fair open?", "400 meters"),
    ("When did the fair open?", "in [Bergen]"),
    ("When did the fair open?", "The bishop may speak"),
    ("When did the fair open?", "8 lanterns"),
    ("When was he freed?", "by the New York Times"),
    ("On what day did the ferry sail?", "the harbour"),
    ("In what year did the school open?", "Sunday"),
    ("In what year did the school open?", "400 meters"),
    ("At what time did the bell ring?", "Sunday"),
    ("At what time did the bell ring?", "the tower"),
    ("At what time did the bell ring?", "some 15 minutes"),
    ("At what hours is it open?", "Ada Moss"),
    ("Who signed the lease?", "last Friday"),
    ("Who signed the lease?", "42"),
    ("Who signed the lease?", "In June 2014"),
    ("Whom did she meet?", "two days ago"),
    ("Who is Zelensky?", "Zelenskiy"),
    ("Who spoke?", "it"),
    ("Who spoke to Moss?", "the late Ada Moss"),
    ("What is Leeds?", "[The] Leeds was sunk"),
    ("Where did she buy it?", "Monday morning"),
    ("In which region is it?", "Thursday"),
    ("In which region is it?", "2014"),
    ("Which city fell first?", "He saw [the old bridge] fall"),
    ("Which type of energy grew?", "49%"),
    ("What is the name of the deputy?", "one of his deputies"),
    ("What was the man called?", "was arrested at home"),
    ("Which country won?", "It was [Norway's] entry"),
    ("Who is the richest?", "[Tesla’s] founder"),
    ("Who is Ihnat?", "[The President], Olena Koval, said so"),
    ("who was Yurii Ihnat", "[The mayor] did it"),
    ("Who is Ihnat?", "[Yurii] Ihnat, a spokesman, said so"),
    ("Who is Ihnat?", "Ihnat, a spokesman, met [President Ada Moss]"),
    ("Who is Ihnat?", "The port's [spokesman] called Ihnat"),
    ("Who is Ihnat?", "Ihnat’s [brother] is a spokesman"),
    ("who is ihnat", "[Yurii] Ihnat, a spokesman, said so"),
    ("Did the mayor come?", "a ribbon"),
    ("What did Koval say of the harvest?", "Olena Koval"),
    ("Whom did she send?", "She sent her aides to [Bergen]"),
    ("And who came?", "They came from [Bergen], she said"),
    ("Is the bridge open?", "Russian Volunteer Corps"),
    ("Is the bridge open?", "the men that closed the gate"),
    ("Is the bridge open?", "to close the gate"),
    ("What is the RDK?", "The [Legion] spoke, and the RDK, a corps, spoke too"),
    ("What is Bergen?", "[The governor] of Bergen said so"),
    ("What is Bergen?", "They closed the shops in Bergen, [the agency] said"),
    ("What did Koval say of the harvest?", "“It was the worst for years,” she said on [Facebook]"),
]


def placed(text: str) -> tuple[str, str, str]:
    """The span, what is before it and what is after."""
    before, _, rest = text.partition("[") if "[" in text else ("", "", text)
    words, _, after = rest.partition("]")
    return words, before, after


@pytest.mark.parametrize(("question", "text"), FITS)
def test_what_is_of_the_kind_asked_for_can_answer(question: str, text: str) -> None:
    words, before, after = placed(text)
    assert can_answer(question, words, before, after)


@pytest.mark.parametrize(("question", "text"), DOES_NOT)
def test_what_is_of_another_kind_can_not(question: str, text: str) -> None:
    words, before, after = placed(text)
    assert not can_answer(question, words, before, after)


def test_every_rule_is_met_by_a_good_and_by_a_bad_pair() -> None:
    for pairs in (FITS, DOES_NOT):
        met = {
            name
            for question, text in pairs
            for name, (kind, fits) in RULES.items()
            if kind.match(asked_for(question))
        }
        assert met == set(RULES)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When they play medic, which role do they play?", "which role do they play?"),
        ("A man who drove off is held. Where is he?", "where is he?"),
        ("The man who drove off went where?", "where?"),
        ("To whom was it given?", "whom was it given?"),
        ("What made him leave when it rained?", "what made him leave when it rained?"),
        ("Is it open?", ""),
        ("bridge opening date", ""),
        ("", ""),
    ],
)
def test_the_word_that_asks(question: str, asked: str) -> None:
    assert asked_for(question) == asked


@settings(deadline=None)
@given(st.integers(1, 28), st.sampled_from("January May June October".split()))
def test_any_date_tells_a_time_and_is_nothing_else(day: int, month: str) -> None:
    for words in (f"{day} {month} 1987", f"{month} {day}, 1987", f"on {month} {day}"):
        assert tells_time(words, "", "")
        assert is_only_time(words, "")
        assert not tells_hour(words, "", "")
        assert tells_year(words) is ("1987" in words)
        assert can_answer("When did it begin?", words)
        assert not can_answer("Who began it?", words)
        assert not can_answer("How many began it?", words)


@settings(deadline=None)
@given(st.integers(2, 10**6))
def test_any_number_counts_and_is_nobody(number: int) -> None:
    for words in (str(number), f"{number:,}", f"about {number}"):
        assert can_answer("How many came?", words)
        assert not can_answer("Who came?", words)


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_a_text_without_a_word_is_no_answer(words: str, before: str, after: str) -> None:
    for question, _ in FITS:
        fits = can_answer(question, words, before, after)
        assert not (fits and " or " not in question and re.fullmatch(r"[\W_]*", words))
