"""The reader of plain-text articles on the five articles of the corpus, as a person reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincite.index.article import Role, Section
from pincite.index.blocks import parse
from tests.blocks import check_invariants, role_of, roles

SEEDS = Path(__file__).parents[1] / "seeds"
TITLE_004 = "Anti-Kremlin fighters claim Russian soldiers have been ‘caught’ in Ukraine."


def seed(prefix: str) -> str:
    path = next(SEEDS.glob(f"{prefix}_*.txt"))
    return path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("prefix", "title", "count"),
    [
        ("000", None, 58),
        ("001", None, 15),
        ("002", None, 25),
        ("003", None, 20),
        ("004", TITLE_004, 23),
    ],
)
def test_paragraphs_as_a_person_counts_them(prefix: str, title: str | None, count: int) -> None:
    text = seed(prefix)
    blocks, sections = parse(text, title)
    assert sum(block.number is not None for block in blocks) == count
    check_invariants(text, blocks, sections)


def test_head_of_the_live_blog() -> None:
    assert roles(seed("000"))[:11] == [
        (
            Role.TITLE,
            "Dissident military groups claim they've captured two Russian soldiers in the "
            "Belgorod region",
        ),
        (Role.KICKER, "June 4, 2023 Russia-Ukraine news"),
        (Role.BYLINE, "By Eliza Mackintosh, Joshua Berlinger and Mike Hayes, CNN"),
        (Role.TIMESTAMP, "Updated 12:02 a.m. ET, June 5, 2023"),
        (Role.FURNITURE, "13 Posts"),
        (Role.FURNITURE, "Sort byDropdown arrow"),
        (Role.TIMESTAMP, "2:35 p.m. ET, June 4, 2023"),
        (
            Role.HEADING,
            "Dissident military groups claim they've captured two Russian soldiers in the "
            "Belgorod region",
        ),
        (Role.BYLINE, "From CNN's Mariya Knight"),
        (Role.CAPTION, "Belgorod governor Vyacheslav Gladkov talks to the media on June 2."),
        (
            Role.CAPTION,
            "Belgorod governor Vyacheslav Gladkov talks to the media on June 2. "
            "Olga Maltseva/AFP/Getty Images",
        ),
    ]


def test_posts_of_the_live_blog() -> None:
    _, sections = parse(seed("000"), None)
    assert sections == (
        Section(
            "Dissident military groups claim they've captured two Russian soldiers in the "
            "Belgorod region",
            "2:35 p.m. ET, June 4, 2023",
            "From CNN's Mariya Knight",
        ),
        Section(
            "It's past 7 p.m. in Kyiv. Here's what you should know",
            "2:59 p.m. ET, June 4, 2023",
            "From CNN staff",
        ),
        Section(
            "Ukraine reports two advances along the front line in the east",
            "12:33 p.m. ET, June 4, 2023",
            "From CNN's Maria Kostenko and Andrew Carey in Kyiv, Ukraine",
        ),
        Section(
            "The US believes Ukraine's counteroffensive will see Kyiv take back "
            '"strategically significant territory"',
            "12:59 p.m. ET, June 4, 2023",
            "From CNN's Sam Fossum",
        ),
        Section(
            "Two Russian missiles struck an operational airfield in central Ukraine, military says",
            "3:03 p.m. ET, June 4, 2023",
            "From CNN’s Maria Kostenko in Kyiv and Darya Tarasova and Allegra Goodwin in London",
        ),
        Section(
            "Belgorod governor reports more shelling from Ukraine, as Russian dissidents ramp up "
            "pressure",
            "3:04 p.m. ET, June 4, 2023",
            "From CNN's Maria Kostenko, Darya Tarasova, Zahid Mahmood and Andrew Carey",
        ),
        Section(
            "5 drones shot down over Crimean railway hub town, Russian-installed official claims",
            "5:04 a.m. ET, June 4, 2023",
            "From CNN’s Darya Tarasova and Allegra Goodwin",
        ),
        Section(
            "The body of a 2-year-old girl was found in the rubble of a small town after a "
            "Russian attack",
            "3:58 a.m. ET, June 4, 2023",
            "From CNN's\u00a0Maria Kostenko in Kyiv\u00a0and Irene Nasser in Hong Kong",
        ),
        Section(
            "3 injured in strikes on Russian-occupied parts of Zaporizhzhia region",
            "4:23 a.m. ET, June 4, 2023",
            "From Josh Pennington, Mariya Knight and Yulia Kesaieva",
        ),
    )


def test_a_post_begins_at_its_timestamp() -> None:
    text = seed("000")
    blocks, _ = parse(text, None)
    firsts: dict[int, Role] = {}
    for block in blocks:
        if block.section is not None:
            firsts.setdefault(block.section, block.role)
    assert firsts == dict.fromkeys(range(9), Role.TIMESTAMP)
    assert [block.section for block in blocks[:6]] == [None] * 6


@pytest.mark.parametrize(
    ("prefix", "beginning", "expected"),
    [
        ("000", "Here are other top headlines from Ukraine:", Role.BODY),
        ("000", "• Zelensky gives thanks:", Role.LIST_ITEM),
        ("000", "• The battle comes to Belgorod:", Role.LIST_ITEM),
        ("000", "Read more about the Russian fighters", Role.FURNITURE),
        ("000", "Read more from Sullivan's interview here:", Role.FURNITURE),
        ("000", "US national security adviser Jake Sullivan speaks", Role.CAPTION),
        ("000", "Echoing Zelensky:", Role.BODY),
        ("000", "Zelensky has continually urged", Role.BODY),
        ("001", "Pro-Ukraine militia says", Role.TITLE),
        ("001", "10 個月前", Role.TIMESTAMP),
        ("001", "STORY: Grainy aerial footage", Role.BODY),
        ("002", "Fresh battles broke out", Role.BODY),
        ("002", "Live Briefing: Russia's Invasion Of Ukraine", Role.FURNITURE),
        ("002", "RFE/RL's Ukraine Live Briefing gives you", Role.FURNITURE),
        ("003", "Anti-Moscow “partisans” on Monday", Role.BODY),
        ("003", "Ukraine Unbowed", Role.FURNITURE),
        ("003", "Other Topics of Interest", Role.FURNITURE),
        ("003", "The next six months are critical", Role.FURNITURE),
        ("003", "Residents evacuated from the Belgorod region's zones", Role.CAPTION),
        ("003", "To suggest a correction", Role.FURNITURE),
        ("003", "You can also highlight the text", Role.FURNITURE),
        ("004", "News Update", Role.KICKER),
        ("004", "Anti-Kremlin fighters claim", Role.TITLE),
        ("004", "Kyiv denies direct involvement.", Role.BODY),
        ("004", "Who are the Ukrainian militants", Role.HEADING),
        ("004", "Your email address will not be published.", Role.FURNITURE),
    ],
)
def test_tricky_lines(prefix: str, beginning: str, expected: Role) -> None:
    found = role_of(seed(prefix), beginning, TITLE_004 if prefix == "004" else None)
    assert found
    assert set(found) == {expected}


def test_glued_teasers_are_cut_from_the_sentence() -> None:
    text = seed("002")
    found = roles(text)
    first = found.index(
        (
            Role.FURNITURE,
            "SEE ALSO: Along Ukraine's Border, Fear, Suspicion, Exhaustion Seep Into A Russian "
            "Region",
        )
    )
    assert found[first + 1][0] is Role.BODY
    assert found[first + 1][1].startswith("Earlier, Ukrainian officials said a 2-year-old child")
    second = found.index(
        (
            Role.FURNITURE,
            "SEE ALSO: Zelenskiy Says Ukraine Ready To Launch Its Long-Awaited Counteroffensive",
        )
    )
    assert found[second + 1][0] is Role.BODY
    assert found[second + 1][1].startswith('"We strongly believe that we will succeed,"')


def test_subheading_opens_a_section() -> None:
    text = seed("004")
    blocks, sections = parse(text, TITLE_004)
    title = "Who are the Ukrainian militants infiltrating Russia?"
    assert sections == (Section(title, None, None),)
    numbers = [block.number for block in blocks if block.section == 0 and block.number]
    assert numbers == list(range(14, 24))
