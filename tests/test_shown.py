"""An answer as the terminal shows it, and as a pipe gets it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from pincite.api import cli, shown
from pincite.api.excerpt import AROUND, SHORT_PARAGRAPH, excerpt, origin
from pincite.qa.answer import (
    Account,
    Answer,
    ArticleRef,
    Citation,
    Extract,
    ParagraphRef,
    SectionRef,
    Status,
    Took,
)

CNN = ArticleRef("a", "a.txt", "Raid", "CNN", "2023-06-05")
REUTERS = ArticleRef("b", "b.txt", "Raid again", "Reuters", None)
NOBODY = ArticleRef("c", "c.txt", "A page", None, None)
LONG = (
    "Before all of this there was much to be told of the border and of its villages, which lie "
    "along the river and had been shelled for weeks on end by both of the armies. "
    "Two prisoners were claimed.\n"
    "After it there was much to be told as well, of the talks in the town and of the governor, "
    "who said that he would come to meet the fighters, if the men were still alive."
)


def cited(number: int, article: ArticleRef, text: str, quote: str) -> Citation:
    paragraph = ParagraphRef(3, "paragraph 3", text)
    start = text.index(quote)
    return Citation(number, article, None, paragraph, quote, start, start + len(quote), "/x")


def answer(*accounts: Account, citations: tuple[Citation, ...], status: Status) -> Answer:
    text = "; ".join(f"{account.answer} [1]" for account in accounts)
    best = accounts[0].answer if accounts else None
    none = status is Status.NO_ANSWER
    return Answer(
        *("How many?", "How many?", status, best, text or "The articles don't say.", 0.9, accounts),
        () if none else citations,
        citations if none else (),
        Took(1, 1, 2),
    )


def printed(given: Answer, terminal: bool) -> list[str]:
    out = io.StringIO()
    console = Console(
        file=out,
        width=80 if terminal else 500,
        force_terminal=terminal,
        color_system=None,
        highlight=False,
        emoji=False,
    )
    shown.answer(console, given)
    return out.getvalue().splitlines()


def test_a_pipe_gets_a_line_a_thing_without_padding() -> None:
    given = answer(
        Account("Two", 0.81, (1, 2), 2),
        citations=(cited(1, CNN, LONG, "Two"), cited(2, REUTERS, "Two men.", "Two")),
        status=Status.ANSWERED,
    )
    assert printed(given, terminal=False) == [
        "Two [1]",
        "  CNN and Reuters say so, 2 independent sources; high confidence",
        "[1] CNN, 5 June 2023, paragraph 3 (a.txt)",
        "    … and of its villages, which lie along the river and had been shelled for weeks "
        "on end by both of the armies. Two prisoners were claimed. After it there was much to be "
        "told as well, of the talks in the town and of the …",
        "[2] Reuters, undated, paragraph 3 (b.txt)",
        "    Two men.",
    ]


def test_a_terminal_gets_lines_of_80_columns() -> None:
    given = answer(
        Account("Two", 0.5, (1,), 1),
        Account("13", 0.1, (2,), 1),
        citations=(cited(1, CNN, LONG, "Two"), cited(2, NOBODY, "Some 13.", "13")),
        status=Status.DISPUTED,
    )
    lines = printed(given, terminal=True)
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert lines[1:3] == [
        "  Two: CNN says so, 1 independent source",
        "  13: A page says so, 1 independent source",
    ]
    excerpt_lines = lines[4 : lines.index("[2] Publisher not named, undated, paragraph 3 (c.txt)")]
    assert len(excerpt_lines) > 1
    assert all(line.startswith("    ") for line in excerpt_lines)


def test_what_is_nearest_is_cut_too() -> None:
    lines = printed(
        answer(citations=(cited(1, CNN, LONG, LONG),), status=Status.NO_ANSWER), terminal=False
    )
    assert lines[:3] == [
        "The articles don't say.",
        "Nearest paragraphs:",
        "[1] CNN, 5 June 2023, paragraph 3 (a.txt)",
    ]
    assert lines[3].startswith("    Before all of this there was much")
    assert lines[3].endswith(" …")
    assert len(lines[3]) <= SHORT_PARAGRAPH + 4


def test_how_sure_each_of_several_answers_is() -> None:
    two = (Account("Two", 0.5, (1,), 1), Account("13", 0.1, (2,), 1))
    sources = (cited(1, CNN, LONG, "Two"), cited(2, NOBODY, "Some 13.", "13"))
    lines = printed(answer(*two, citations=sources, status=Status.ANSWERED), terminal=False)
    assert [line.rpartition("; ")[2] for line in lines[1:3]] == [
        "medium confidence",
        "low confidence",
    ]
    # Of two that exclude each other neither is called likely, but that both are not.
    low = replace(answer(*two, citations=sources, status=Status.DISPUTED), confidence=0.4)
    said = shown.say_so(replace(low, accounts=(replace(two[0], confidence=0.4), two[1])))
    assert [line.rpartition("; ")[2] for line in said] == ["low confidence"] * 2


@pytest.mark.parametrize(
    ("sources", "articles", "said"),
    [
        (3, (CNN, REUTERS), "CNN, Reuters and others say so, 3 independent sources"),
        (2, (CNN,), "CNN and others say so, 2 independent sources"),
        (2, (CNN, replace(CNN, id="d")), "CNN and others say so, 2 independent sources"),
        (2, (NOBODY, replace(NOBODY, id="d")), "A page says so, 2 independent sources"),
        (1, (CNN, replace(CNN, id="d")), "CNN says so, 1 independent source"),
        (1, (CNN, REUTERS), "CNN and Reuters say so, 1 independent source"),
    ],
)
def test_who_is_not_cited_is_not_left_out(
    sources: int, articles: tuple[ArticleRef, ...], said: str
) -> None:
    behind = tuple(cited(n, article, "Two.", "Two") for n, article in enumerate(articles, start=1))
    account = Account("Two", 0.9, tuple(c.number for c in behind), sources)
    given = answer(account, citations=behind, status=Status.ANSWERED)
    assert shown.say_so(given) == [f"{said}; high confidence"]


@pytest.mark.parametrize(
    ("published", "told"),
    [
        ("2023-06-05", "5 June 2023"),
        ("2023-06", "June 2023"),
        ("2023", "2023"),
        ("last May", "last May"),
        ("2023-00-00", "2023-00-00"),
        *((unknown, "undated") for unknown in ("0001-01-01", "9999-12", "0000-00-00", "00010101")),
        (None, "undated"),
    ],
)
def test_a_day_that_is_none_is_no_day(published: str | None, told: str) -> None:
    given = cited(1, replace(CNN, published=published), "Two men.", "Two")
    assert origin(given) == f"CNN, {told}, paragraph 3"


def test_a_source_is_told_with_its_post_and_who_is_quoted() -> None:
    given = cited(1, CNN, "The\ngovernor says two men came.", "two")
    said_by = Extract("The\ngovernor", 0, 12)
    post = SectionRef("Raid", "2:35 p.m. ET, June 4, 2023")
    assert origin(replace(given, section=post, said_by=said_by)) == (
        "CNN, 5 June 2023, post of 2:35 p.m. ET, June 4, 2023, paragraph 3, quoting the governor"
    )
    assert origin(replace(given, section=SectionRef("Raid", None), page=2)) == (
        "CNN, 5 June 2023, p. 2, paragraph 3"
    )


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(1, "high"), (0.8, "high"), (0.79, "medium"), (0.5, "medium"), (0.49, "low"), (0, "low")],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    assert shown.confidence_in_words(confidence) == f"{words} confidence"


def test_the_quote_stands_out_where_it_is_whole_words() -> None:
    given = cited(1, NOBODY, "In 2013 there were 13 of them, 13 in all.", "13")
    marked = shown.quoted(given)
    assert [(span.start, span.end) for span in marked.spans] == [(19, 21)]


def test_an_excerpt_is_the_paragraph_around_the_quote() -> None:
    short = excerpt(cited(1, CNN, "Two  men\nwere seen.", "men"))
    assert (short.before, short.quote, short.after) == ("Two ", "men", " were seen.")
    long = excerpt(cited(1, CNN, LONG, "prisoners"))
    assert long.quote == "prisoners"
    assert len(long.before) <= AROUND + 2
    assert len(long.after) <= AROUND + 2
    assert str(long).strip("… ") in LONG.replace("\n", " ")


def test_the_quote_stands_out_where_it_stands() -> None:
    text = "Two men came. Of them two were hurt."
    given = replace(
        cited(1, NOBODY, text, "two"), sentence=Extract("Of them two were hurt.", 14, 36)
    )
    assert [(span.start, span.end) for span in shown.quoted(given).spans] == [(22, 25)]
    twice = "It cost two pounds. It cost two pence."
    given = replace(cited(1, NOBODY, twice, "two"), start=28, end=31)
    given = replace(given, sentence=Extract("It cost two pence.", 20, 38))
    assert [(span.start, span.end) for span in shown.quoted(given).spans] == [(28, 31)]


def test_a_terminal_is_shown_a_text_and_obeys_none() -> None:
    text = "Two men\x1b]52;c;aGk=\x07 came\x9b2J at 5:100:3."
    source = cited(
        1, replace(CNN, file="a\x1b[2J.txt", publisher="C\x1bNN"), text, "Two men\x1b]52"
    )
    given = answer(Account("Two", 0.9, (1,), 1), citations=(source,), status=Status.ANSWERED)
    for terminal in (False, True):
        lines = printed(given, terminal=terminal)
        assert not {c for line in lines for c in line if not c.isprintable()}
        assert lines[-1].strip() == "Two men]52;c;aGk= came2J at 5:100:3."
    with cli.out.capture() as got:
        cli.out.print("5:100:3", markup=False)
    assert got.get() == "5:100:3\n"
