"""Abbreviations that a text introduces, spellings of one name, and questions read with both."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.abbreviations import Abbreviation, abbreviations
from pincite.index.article import Article, Block, Role
from pincite.index.passages import Passage
from pincite.index.spelling import distance, key, spelt_alike
from pincite.index.store import Store
from pincite.index.store_writer import StoreWriter
from pincite.index.wordings import meant


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("He joined the Institute for the Study of Warfare (ISW).", "ISW",
         "Institute for the Study of Warfare"),
        ("They held prisoners of war (POWs) there.", "POW", "prisoners of war"),
        ("The Organisation for Rare Birds' (ORB's) report", "ORB", "Organisation for Rare Birds"),
        ("The ORB (Organisation for Rare Birds) met.", "ORB", "Organisation for Rare Birds"),
        ("the UN, or United Nations, met", "UN", "United Nations"),
        ("the United Nations, or UN, met", "UN", "United Nations"),
        # Letters of another language: an initial is shared, or it is used again.
        ("with the Russian Volunteer Corps (RDK).", "RDK", "Russian Volunteer Corps"),
        ("Doctors Without Borders (MSF) came. MSF left.", "MSF", "Doctors Without Borders"),
        # The F of "from" is not the name's.
        ("fighters from the Liberty of Russia Legion (FRL) crossed", "FRL",
         "Liberty of Russia Legion"),
        ("a low-density lipoprotein (LDL) test", "LDL", "low-density lipoprotein"),
    ],
)  # fmt: skip
def test_an_abbreviation_is_found(text: str, short: str, long: str) -> None:
    assert abbreviations(text) == [Abbreviation(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "Harry Kane (ENG) scored.",  # a country
        "Doctors Without Borders (MSF) came.",  # no letter shared, never used again
        "It rose (by 4 per cent) in May (see above).",
        "London (CNN) said so. CNN said more.",  # one word
        "The mayor (who left) was there.",
        "Bring the kit, or call us. The US, or so it seems, agreed.",
        "()( ) (A) (AB",
        "",
    ],
)
def test_nothing_is_taken_for_an_abbreviation(text: str) -> None:
    assert abbreviations(text) == []


def test_a_name_s_own_initials_stand_for_it_where_the_text_writes_them() -> None:
    text = "The Russian Volunteer Corps (RDK) crossed. An RVC speaker said so."
    assert abbreviations(text) == [
        Abbreviation("RDK", "Russian Volunteer Corps"),
        Abbreviation("RVC", "Russian Volunteer Corps"),
    ]


def test_a_long_text_takes_time_by_its_length_alone() -> None:
    people = "".join(f"John Albert Smithson (QX{n % 8 * 'I'}) spoke. " for n in range(8000))
    began = time.process_time()
    assert abbreviations(people) == []
    assert len(abbreviations("Scots Of The North (SNP) and " * 8000 + "SOTN")) == 2
    assert time.process_time() - began < 5.0  # some tenths, and minutes if each looked through all


@given(st.text(alphabet="AbC ().,or'\n"))
def test_both_forms_stand_in_the_text(text: str) -> None:
    for pair in abbreviations(text):
        assert pair.short in text
        assert all(word in text for word in pair.long.split())
        assert " " in pair.long


@pytest.mark.parametrize(
    "pair",
    "kiev/kyiv kharkov/kharkiv qaddafi/gadhafi muhammad/mohammed tchaikovsky/chaikovsky "
    "luhansk/lugansk berdyansk/berdiansk hussein/husain usama/osama qaeda/qaida lvov/lviv".split(),
)
def test_romanisations_of_one_name_are_alike(pair: str) -> None:
    one, other = pair.split("/")
    assert key(one) == key(other)
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert spelt_alike(one, [(other, "found")], known=False) == ["found"]


@pytest.mark.parametrize(
    "pair",
    "dale/daly martin/martina german/germany bosch/bush barnett/burnett dana/diana "
    "roth/ruth jose/joyce".split(),
)
def test_two_names_of_one_corpus_stay_two(pair: str) -> None:
    one, other = pair.split("/")
    assert spelt_alike(one, [(other, "found")], known=True) == []


def test_distance_worked_out_by_hand() -> None:
    assert distance("kharkov", "kharkiv") == pytest.approx(0.3)  # o for i
    assert distance("kiev", "kyiv") == pytest.approx(0.15)  # an e beside an i
    assert distance("odessa", "odesa") == 0.0  # a doubled letter
    assert distance("gadhafi", "qaddafi") == pytest.approx(0.3)  # g for k
    assert distance("martin", "martina") == 1.0  # an a at the end


# -- a question's wordings -----------------------------------------------------------------

TEXTS = [
    "The Russian Volunteer Corps (RDK) crossed the border. The RVC speaker said so.",
    "The RDK is in Kharkiv.",
    "Volunteers and Russian soldiers of a corps met in Kharkov and saw the aid.",
    "The Agency for International Dentistry (AID) is closed.",
    "Nothing else is here.",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path: Path = tmp_path_factory.mktemp("store") / "store.sqlite"
    with StoreWriter(path) as writer:
        for n, text in enumerate(TEXTS):
            block = Block(Role.BODY, 0, len(text), 1, None)
            name = f"a{n}"
            article = Article(name, f"{name}.txt", "T", None, None, None, text, (block,), ())
            writer.add(article, [Passage(name, None, "", 1, 0, len(text), text)])
    return Store.at(path)


def test_an_abbreviation_means_its_long_form_and_its_other_abbreviation(store: Store) -> None:
    found = meant("Who leads the RDK?", store)
    assert found[("rdk", "russian volunt corp", "rvc")] == 2


def test_a_long_form_means_its_abbreviations(store: Store) -> None:
    found = meant("Where is the Russian Volunteer Corps?", store)
    assert found == {
        ("russian", "rdk", "rvc"): 3,
        ("volunt", "rdk", "rvc"): 3,
        ("corp", "rdk", "rvc"): 3,
    }


def test_a_word_in_lower_case_is_no_abbreviation(store: Store) -> None:
    assert ("aid",) in meant("Did aid come to Kharkiv?", store)
    assert ("aid", "agenc for internat dentistri") in meant("Did AID come?", store)


def test_a_name_means_its_other_spelling(store: Store) -> None:
    assert meant("Who is in Kharkiv?", store) == {("kharkiv", "kharkov"): 2}
    assert meant("Who is in Kharkov?", store) == {("kharkov", "kharkiv"): 2}
    assert set(meant("Who is in Harkiv?", store)) == {("kharkiv", "kharkov")}


def test_wordings_count_once_and_as_rare_as_all_together(store: Store) -> None:
    # Both passages hold the name once; each is scored with the rarity of two in five.
    scores = dict(store.match([("kharkiv", "kharkov")], 9))
    alone = dict(store.match(["kharkiv"], 9))
    assert set(scores) == {2, 3}
    assert scores[2] < alone[2]
    both = store.match([("rdk", "russian volunt corp", "rvc")], 9)
    summed = dict(store.match(["rdk", "russian volunt corp", "rvc"], 9))
    assert dict(both)[1] < summed[1]


def test_the_tables_hold_what_the_articles_say(store: Store) -> None:
    assert store.abbreviations(["rdk"]) == [("rdk", "russian volunt corp")]
    assert store.abbreviations(["russian volunt corp"]) == [
        ("rdk", "russian volunt corp"),
        ("rvc", "russian volunt corp"),
    ]
    assert store.names(key("kharkiv")) == [("kharkiv", "kharkiv"), ("kharkov", "kharkov")]


@given(st.text("aeiouhkrtsjyw", max_size=9), st.text("aeiouhkrtsjyw", max_size=9), st.floats(0, 5))
def test_a_distance_is_the_same_up_to_where_it_is_asked_for(a: str, b: str, most: float) -> None:
    whole = distance(a, b)
    assert distance(a, b, most) in ((whole,) if whole <= most else (whole, math.inf))
