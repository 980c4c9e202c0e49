"""The reader of plain-text articles: roles, paragraph numbers, offsets, whatever the page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.index.article import Role
from pincite.index.blocks import parse
from tests.blocks import check_invariants, role_of, roles

SENTENCE = (
    "The ministry said on Tuesday that the bridge would stay closed until engineers had looked at "
    "every one of its pillars."
)


def page(*lines: str) -> str:
    return "\n\n".join((SENTENCE, *lines, SENTENCE))


# -- short texts of our own ----------------------------------------------------------------

WRAPPED = """The harbour of Olm was closed to all ships on Friday after a
freighter ran aground on the sandbank that lies before its
mouth. Nobody was hurt, the harbour master said, and no oil
had run into the water.

Tugs were to pull the ship free at the next high tide, which
was expected shortly before midnight. The owner promised to
pay for the work.

  - the ferry to the islands does not run until Sunday, and
    nobody could say on Friday when it would
  - the fish market opens an hour later
"""


def test_hard_wrapped_paragraphs_are_joined() -> None:
    found = roles(WRAPPED)
    assert [role for role, _ in found] == [Role.BODY, Role.BODY, Role.LIST_ITEM, Role.LIST_ITEM]
    assert found[0][1].endswith("mouth. Nobody was hurt, the harbour master said, and no oil\n"
                                "had run into the water.")  # fmt: skip
    assert found[2][1].endswith("when it would")


def test_hard_wrapping_with_carriage_returns() -> None:
    text = WRAPPED.replace("\n", "\r\n")
    expected = [(role, block.replace("\n", "\r\n")) for role, block in roles(WRAPPED)]
    assert roles(text) == expected


def test_one_paragraph_a_line_is_not_joined() -> None:
    text = "\n".join([SENTENCE] * 6)
    assert [role for role, _ in roles(text)] == [Role.BODY] * 6


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028"])
def test_any_line_break(newline: str) -> None:
    text = newline.join(["A short title", "", SENTENCE, "", "What now?", SENTENCE])
    assert [role for role, _ in roles(text)] == [
        Role.TITLE,
        Role.BODY,
        Role.HEADING,
        Role.BODY,
    ]


def test_numbered_list_and_numbered_headings() -> None:
    listed = page("Three things are known:", "1. It is old", "2. It is narrow", "3. It moves")
    assert [role for role, _ in roles(listed)] == [
        *[Role.BODY] * 2,
        *[Role.LIST_ITEM] * 3,
        Role.BODY,
    ]
    headed = "\n\n".join([SENTENCE, "1. The bridge", SENTENCE, "2. The road", SENTENCE])
    assert [role for role, _ in roles(headed)] == [
        Role.BODY,
        Role.HEADING,
        Role.BODY,
        Role.HEADING,
        Role.BODY,
    ]


def test_items_without_marker_under_a_colon() -> None:
    text = page("The town needs:", "a new bridge with two lanes", "a road around the harbour")
    assert [role for role, _ in roles(text)] == [
        *[Role.BODY] * 2,
        *[Role.LIST_ITEM] * 2,
        Role.BODY,
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "From Monday on, the ferry will run twice a day, the company said in a statement.",
        "From Paris to Rome the trains stood still.",
        "By Friday, all but two of the villages had been reached.",
        "Read more books, the minister told the pupils, and they laughed.",
        "Photo albums were all that she saved from the house.",
        "Visitors who want to read more about the bridge can ask at the town hall, he said.",
        "The fraud worked because people click here and there without thinking, the judge said.",
        "Subscribe to his view or not, the mayor has a point.",
        "More: that was all the king ever wanted, and he wanted it at once, as all of his "
        "servants knew from the first day on which they entered the palace in the middle of the "
        "old town, and as they told their own children in later years, when he was dead and gone.",
        "That's it.",
        "“It is over.”",
        '"We are going home"',
        "Nobody won.",
        "He said he would follow him on foot.",
        "Police asked witnesses to call or email them at tips@example.org.",
    ],
)
def test_sentences_stay_body(sentence: str) -> None:
    assert role_of(page(sentence), sentence) == [Role.BODY]


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "ADVERTISEMENT",
        "Share this article",
        "24 Comments",
        "Read More",
        "Sign up for our free newsletter to get the news of the day in your inbox.",
        "© 2023 The Example. All rights reserved.",
        "This website uses cookies to improve your experience.",
        "Related: Ten bridges that fell in the last ten years",
        "1. How relevant is this ad to you?",
        "Video player was slow to load content Video content never loaded",
        "JUST WATCHED A bridge falls Replay More Videos ... MUST WATCH A bridge falls 01:12",
        "Follow Jo Doe on Twitter: @jodoe.",
        "Reach the reporter at jo@example.org.",
        "Old bridges:Why engineers fear the next winter",
        "This story has been updated with additional information.",
        "___",
    ],
)
def test_furniture(line: str) -> None:
    assert role_of(page(line), line) == [Role.FURNITURE]


@pytest.mark.parametrize(
    "line",
    [
        "2:35 p.m. ET, June 4, 2023",
        "Updated 12:02 a.m. ET, June 5, 2023",
        "Published 5:22 PM EDT, Thu June 16, 2022",
        "2 hours ago",
        "10 個月前",
        "2023-06-04 14:05 GMT",
    ],
)
def test_timestamps(line: str) -> None:
    text = f"Bridge closed after storm\n\n{line}\n\n{SENTENCE}"
    assert [role for role, _ in roles(text)] == [Role.TITLE, Role.TIMESTAMP, Role.BODY]


@pytest.mark.parametrize(
    "line",
    [
        "By Jo Doe, Al Roe and Ann Lee, CNN",
        "From AFP's Jo Doe and Al Roe in Kyiv",
        "From AFP staff",
        "By The Associated Press",
    ],
)
def test_bylines(line: str) -> None:
    text = f"Bridge closed after storm\n\n{line}\n\n{SENTENCE}"
    assert [role for role, _ in roles(text)] == [Role.TITLE, Role.BYLINE, Role.BODY]


def test_captions() -> None:
    bare = "The bridge of Olm on the day after the storm."
    credited = bare + " Jo Doe/AFP/Getty Images"
    assert [role for role, _ in roles(page(bare, credited))][1:3] == [Role.CAPTION] * 2
    named = "The bridge of Olm on the day after. PHOTO: AFP"
    assert role_of(page(named), named) == [Role.CAPTION]


def test_glued_teaser_with_a_name_in_two_capitals() -> None:
    teaser = "SEE ALSO: McDonald Says Bridge Will Open Before Winter"
    text = page(teaser + SENTENCE)
    assert roles(text)[1:3] == [(Role.FURNITURE, teaser), (Role.BODY, SENTENCE)]


def test_title_from_the_metadata() -> None:
    text = f"The bridge is “closed”.\n\n{SENTENCE}"
    assert roles(text, 'The  bridge is "closed"')[0][0] is Role.TITLE
    assert roles(text)[0][0] is Role.BODY


def test_no_title_without_its_shape() -> None:
    assert [role for role, _ in roles(f"{SENTENCE}\n\n{SENTENCE}")] == [Role.BODY] * 2


def test_empty_texts() -> None:
    assert parse("", None) == ((), ())
    assert parse(" \r\n\t\u00a0\n", "A title") == ((), ())


# -- properties ----------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        "",
        "",
        SENTENCE,
        "2:35 p.m. ET, June 4, 2023",
        "A bridge falls",
        "What now?",
        "By Jo Doe",
        "From AFP staff",
        "• one item",
        "2. another",
        "Read More",
        "Other Topics of Interest",
        "SEE ALSO: Old Bridges Of The NorthEarlier, the bridge had been closed for a week.",
        "The bridge of Olm.",
        "The bridge of Olm. Jo Doe/AFP",
        "Here is what we know:",
        "  \u00a0indented by what is no blank\u00a0 ",
        "and so it went on and on until the",
        "___",
        "– Jo Doe",
        "June 5",
    ]
)


def check_page(text: str, title: str | None) -> None:
    blocks, sections = parse(text, title)
    check_invariants(text, blocks, sections)
    assert parse(text, title) == (blocks, sections)


@given(st.text(max_size=300), st.none() | st.text(max_size=30))
def test_any_text_keeps_every_character(text: str, title: str | None) -> None:
    check_page(text, title)


@given(
    st.lists(st.text(alphabet="aB1 .:?“\"'•-–\u00a0\ufeff—/@©,()", max_size=60), max_size=12),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_any_lines_keep_every_character(lines: list[str], newline: str) -> None:
    check_page(newline.join(lines), None)


@settings(max_examples=200)
@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_any_page_keeps_every_character(lines: list[str], newline: str) -> None:
    check_page(newline.join(lines), lines[0] if lines else None)
