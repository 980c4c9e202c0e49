"""Statements become questions by rule: each form, each type, and what is refused."""

from __future__ import annotations

import pytest

from pincite.training.made import entities as found_in
from pincite.training.made.asking import put
from pincite.training.made.clause import clause
from pincite.training.made.entities import Taken, Type
from pincite.training.made.lexicon import Lexicon, learn
from pincite.training.made.verbs import inverted, main_verb

# Eight subjects make a verb; five times "will", a bare form; three ages, a first name.
SEEN = [
    *["She agreed to work; he will agree."] * 8,
    *["He opened the shops and will open others."] * 8,
    *["Workers will pay for the pilots."] * 8,
    *["The car was found where they found others."] * 8,
    *["The car was found."] * 2,
    *["Anna Keller, 34, came from Springfield, Ohio."] * 3,
    *["The airline Norfly flew."] * 2,
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return learn(SEEN)


def taken(sentence: str, text: str, type_: Type) -> Taken:
    start = sentence.index(text)
    return Taken(start, start + len(text), type_, text)


def test_the_news_says_what_its_words_are(lexicon: Lexicon) -> None:
    assert lexicon.is_finite("agreed") and lexicon.is_finite("opened")
    assert not lexicon.is_finite("pay") and not lexicon.is_finite("flew")
    assert lexicon.is_base("agree") and not lexicon.is_base("agreed")
    assert lexicon.is_participle("found") and not lexicon.is_participle("agreed")
    assert lexicon.is_common("Shops") and not lexicon.is_common("Norfly")


def test_the_news_says_what_its_names_are(lexicon: Lexicon) -> None:
    assert lexicon.is_person("Anna Keller") and lexicon.is_person("Anna Berg")
    assert not lexicon.is_person("Otto Keller")  # never said to be so old, or to have said so
    assert not lexicon.is_person("Anna") and not lexicon.is_person("Anna Foundation")
    kinds = {
        "Norfly": "airline",
        "Springfield": "city",
        "the Netherlands": "country",
        "New Mexico": "state",
        "Graz University": "university",
        "University": None,
        "Plauder": None,
    }
    assert {name: lexicon.kind(name) for name in kinds} == kinds


def test_a_noun_behind_a_name_is_its_kind_as_well() -> None:
    lexicon = learn(["Norfly, an Irish airline, flew."] * 2 + ["Berg, a baker, came."] * 2)
    assert (lexicon.kind("Norfly"), lexicon.kind("Berg")) == ("airline", None)


def test_what_can_be_asked_for(lexicon: Lexicon) -> None:
    text = "Gov. Anna Keller, 34, paid $3 million to 1,200 pilots, 12% of them, in Ohio on Sept. 3."
    found = [(one.type, one.text) for one in found_in.entities(text, lexicon)]
    assert found == [
        ("person", "Anna Keller"),
        ("age", "34"),
        ("money", "$3 million"),
        ("number", "1,200"),
        ("number", "12%"),
        ("place", "Ohio"),
        ("date", "Sept. 3"),
    ]
    for one in found_in.entities(text, lexicon):
        assert text[one.start : one.end] == one.text


def test_a_word_that_begins_a_sentence_is_no_name(lexicon: Lexicon) -> None:
    assert [one.text for one in found_in.entities("Shops met Norfly.", lexicon)] == ["Norfly"]


@pytest.mark.parametrize(
    ("type_", "text", "key"),
    [
        ("person", "Anna Keller", "~Keller"),
        ("date", "Sept. 3", "September 3"),
        ("number", "12 percent", "12%"),
        ("thing", "the Norfly", "Norfly"),
    ],
)
def test_one_thing_has_one_key(type_: Type, text: str, key: str) -> None:
    assert found_in.key(Taken(0, len(text), type_, text)) == key


def test_a_last_name_is_a_person_where_most_mean_one(lexicon: Lexicon) -> None:
    anna, otto = {"Keller": "Anna Keller"}, {"Keller": "Otto Keller"}
    assert found_in.famous([anna] * 5 + [otto] * 3, lexicon) == anna  # 5 of 8: 0.625
    assert found_in.famous([anna] * 5 + [otto] * 4, lexicon) == {}  # 5 of 9: 0.56
    assert found_in.famous([anna] * 4, lexicon) == {}
    alone = Taken(0, 6, "thing", "Keller")
    assert found_in.resolved(alone, anna).type == "person"
    assert found_in.resolved(alone, {}).type == "thing"


@pytest.mark.parametrize(
    ("sentence", "text", "worth"),
    [
        ("She met Norfly.", "Norfly", True),  # an airline
        ("She met Plauder.", "Plauder", False),  # of no kind, never named
        ("She met Plauder Radio.", "Plauder Radio", True),
        ("She met Berg and Plauder Radio.", "Plauder Radio", False),
        ("She met Plauder Radio-Nord.", "Plauder Radio", False),
        ("She met Austrian.", "Austrian", False),
    ],
)
def test_whole_names_are_worth_asking(
    sentence: str, text: str, worth: bool, lexicon: Lexicon
) -> None:
    assert found_in.worth_asking(taken(sentence, text, "thing"), sentence, lexicon) is worth


@pytest.mark.parametrize(
    ("sentence", "before", "after"),
    [
        (
            "Meanwhile, Norfly (an airline) agreed to pay in March, according to Anna Keller.",
            "Norfly agreed to pay in ",
            "",
        ),
        (
            "Anna Keller said Tuesday that Norfly agreed to pay in March after the strike.",
            "Norfly agreed to pay in ",
            "",
        ),
        (
            "After the old strike, Norfly agreed to pay in March.",
            "Norfly agreed to pay in ",
            "",
        ),
        ("Pilots like Norfly, which opened shops in March.", "Norfly opened shops in ", ""),
        (
            "Norfly, an airline of the north, agreed to pay in March for all.",
            "Norfly agreed to pay in ",
            " for all",
        ),
        ("Norfly agreed in March to pay pilots of the", "Norfly agreed in ", " to pay pilots"),
    ],
)
def test_the_clause_around_the_answer(
    sentence: str, before: str, after: str, lexicon: Lexicon
) -> None:
    assert clause(sentence, taken(sentence, "March", "date"), lexicon) == (before, after)


def test_a_clause_without_a_sure_beginning_is_given_up(lexicon: Lexicon) -> None:
    text = "Norfly agreed to pay, adding shops for the pilots in March."
    assert clause(text, taken(text, "March", "date"), lexicon) is None
    text = "After the strike of March, Norfly agreed to pay the pilots."
    assert clause(text, taken(text, "March", "date"), lexicon) is None


def test_the_verb_is_found_and_turned_round(lexicon: Lexicon) -> None:
    assert main_verb("Anna Keller opened the shops".split(), lexicon) == 2
    assert main_verb("The car found there was old".split(), lexicon) is None  # that was found
    assert main_verb("Pilots who agreed".split(), lexicon) is None
    assert main_verb("After Norfly agreed".split(), lexicon) is None
    assert inverted("agreed", (), lexicon) == ("did", ("agree",))
    assert inverted("opens", (), lexicon) == ("does", ("open",))
    assert inverted("won", (), lexicon) == ("did", ("win",))
    assert inverted("had", ("not", "agreed"), lexicon) == ("had", ())
    assert inverted("had", ("three", "shops"), lexicon) is None
    assert inverted("flummoxed", (), lexicon) is None


@pytest.mark.parametrize(
    ("sentence", "text", "type_", "form", "question"),
    [
        (
            "Gov. Anna Keller opened the shops on the river.",
            "Anna Keller",
            "person",
            "subject",
            "Who opened the shops on the river?",
        ),
        (
            "Anna Keller’s bakery opened on the old river.",
            "Anna Keller",
            "person",
            "subject",
            "Whose bakery opened on the old river?",
        ),
        (
            "Norfly agreed to pay the workers.",
            "Norfly",
            "thing",
            "subject",
            "Which airline agreed to pay the workers?",
        ),
        (
            "The bakery chain Brezel opened shops in two harbours.",
            "Brezel",
            "thing",
            "subject",
            "Which bakery chain opened shops in two harbours?",
        ),
        (
            "The Brotbund agreed to pay the workers.",
            "Brotbund",
            "thing",
            "subject",
            "What agreed to pay the workers?",
        ),
        (
            "Anna Keller opened a bakery in Austria for the pilots.",
            "Austria",
            "place",
            "front",
            "In which country did Anna Keller open a bakery for the pilots?",
        ),
        (
            "Norfly agreed to pay about 300 pilots in two harbours.",
            "300",
            "number",
            "front",
            "How many pilots did Norfly agree to pay in two harbours?",
        ),
        (
            "Norfly agreed to reward 300 pilots in two harbours.",
            "300",
            "number",
            "inside",
            "Norfly agreed to reward how many pilots in two harbours?",
        ),
        (
            "Norfly agreed to raise fares by 12% in March.",
            "12%",
            "number",
            "front",
            "What percentage did Norfly agree to raise fares by in March?",
        ),
        (
            "Norfly agreed to pay at least $3 million to the workers.",
            "$3 million",
            "money",
            "front",
            "How much did Norfly agree to pay to the workers?",
        ),
        (
            "The airline agreed to pay the workers in March 2021.",
            "March 2021",
            "date",
            "front",
            "When did the airline agree to pay the workers?",
        ),
        (
            "The workers agreed to join Norfly pilots in a strike.",
            "Norfly",
            "thing",
            "inside",
            "The workers agreed to join which airline's pilots in a strike?",
        ),
        ("Mr. Otto Berg, 34, came.", "34", "age", "front", "How old is Otto Berg?"),
    ],
)
def test_the_question_is_of_its_form_and_type(
    sentence: str,
    text: str,
    type_: Type,
    form: str,
    question: str,
    lexicon: Lexicon,
) -> None:
    made = put(sentence, taken(sentence, text, type_), lexicon)
    assert made and (made.question, made.form) == (question, form)


def test_what_must_stand_beside_the_answer_is_said(lexicon: Lexicon) -> None:
    text = "Norfly agreed to pay 300 young pilots in Springfield."
    made = put(text, taken(text, "300", "number"), lexicon)
    assert made and (made.question, made.noun) == (
        "How many young pilots did Norfly agree to pay in Springfield?",
        "pilots",
    )
    text = "Anna Keller, 34, agreed."
    made = put(text, taken(text, "34", "age"), lexicon)
    assert made and made.noun == "Keller"


@pytest.mark.parametrize(
    ("sentence", "text", "type_"),
    [
        ("Norfly agreed to pay us for the old harbour.", "Norfly", "thing"),  # us?
        ("Norfly agreed to pay pilots of Norfly for all.", "Norfly", "thing"),  # gives it away
        ("Norfly agreed.", "Norfly", "thing"),  # too short
        ("Norfly agreed to pay the “old” workers.", "Norfly", "thing"),  # quotes
        ("Norfly agreed to pay workers, Anna Keller said Saturday.", "Saturday", "date"),
        ("Norfly agreed to pay the 300 pilots of the harbour.", "300", "number"),  # no count
        ("Norfly agreed to pay for 300 quickly painted harbours.", "300", "number"),
        ("Norfly agreed to end a $3 million lawsuit of the pilots.", "$3 million", "money"),
        ("She agreed to meet Anna Keller on the river.", "Anna Keller", "person"),  # who is she?
        ("Anna Keller said she opened shops.", "Anna Keller", "person"),  # six words of no news
        ("The pilots painted Norfly harbour on the river.", "Norfly", "thing"),  # no known verb
        ("Brotbund agreed to pay the workers.", "Brotbund", "thing"),  # may be a person
        ("Norfly agreed to pay every March for harbours.", "March", "date"),  # no one time
        ("Keller, 34, agreed.", "34", "age"),  # not named in full
    ],
)
def test_what_is_not_sure_is_refused(
    sentence: str, text: str, type_: Type, lexicon: Lexicon
) -> None:
    assert put(sentence, taken(sentence, text, type_), lexicon) is None
