"""What of a text is a paragraph: all of a document, and the article of a scraped page."""

from __future__ import annotations

import pytest

from pincite.index.article import Article, Role, Tier, has_words
from pincite.index.corpus import scan
from pincite.index.draft import article
from pincite.index.known import Metadata
from pincite.settings import SHIPPED

SENTENCE = "The ministry said on Tuesday that the bridge would stay closed for a week or two."
PAGE = f"""A bridge is closed

By Ann Miller
Published 5 June 2023

{SENTENCE}

Share this article
Sign up for our newsletter
Read more: Another bridge is closed too
"""


def made(text: str, **known: str) -> Article:
    return article("a", "a.txt", text, Metadata.model_validate(known))


def paragraphs(found: Article) -> list[str]:
    return [found.slice(block) for block in found.paragraphs]


@pytest.mark.parametrize(
    "text",
    [
        "Michael Jackson\n\nHe was born on 29 August 1958.",
        "Michael Jackson\n\nBorn in 1958.\n\nDied in 2009.",
        "Correction: the tent weighs 2.8 kg",
        f"{SENTENCE}\n\nCorrection: the tent weighs 2.8 kg.",
        "Read more: page 7.\n\nShare\n\nWhat we bought: a tent.",
        "5 June 2023\n\nBy Ann Miller\n\nThe minutes of the meeting.",
    ],
)
def test_all_of_a_document_is_paragraphs(text: str) -> None:
    assert paragraphs(made(text)) == text.split("\n\n")


def test_what_holds_no_words_is_no_paragraph() -> None:
    assert paragraphs(made("One.\n\n* * *\n\nTwo.\n\n———")) == ["One.", "Two."]


@pytest.mark.parametrize(
    ("known", "scraped"),
    [
        ({}, True),  # by its marks
        ({"kind": "report"}, True),
        ({"kind": "manual"}, False),
        ({"url": "https://example.org/a"}, True),
        ({"url": "file:///a"}, False),
        ({"url": "https://example.org/a", "kind": "manual"}, False),
    ],
)
def test_a_page_is_told_by_its_metadata_or_its_marks(known: dict[str, str], scraped: bool) -> None:
    found = made(PAGE, **known)
    assert (paragraphs(found) == [SENTENCE]) == scraped
    assert (len(found.paragraphs) == 7) == (not scraped)


def test_nothing_on_a_page_is_unfindable() -> None:
    for found in scan(SHIPPED / "seeds").articles():
        worded = {block for block in found.blocks if has_words(found.slice(block))}
        titles = worded - set(found.citable)
        assert {block.role for block in titles} <= {Role.TITLE}
        assert all(found.slice(title).casefold() in found.title.casefold() for title in titles)


def test_captions_come_after_the_paragraphs_and_the_page_s_own_words_last() -> None:
    for found in scan(SHIPPED / "seeds").articles():
        tiers = [block.tier for block in found.citable]
        assert tiers == sorted(tiers)
        count = len(found.paragraphs)
        numbers = [block.number for block in found.citable[:count]]
        assert numbers == list(range(1, count + 1))
        assert found.label(count) == f"paragraph {count}"
        assert Role.TITLE not in {block.role for block in found.citable}


def test_the_shelter_that_only_a_caption_names_is_citable() -> None:
    found = next(a for a in scan(SHIPPED / "seeds").articles() if a.id.startswith("003"))
    place = next(
        n
        for n, block in enumerate(found.citable, start=1)
        if found.slice(block).startswith("Residents evacuated from the Belgorod region")
    )
    assert found.citable[place - 1].tier is Tier.CAPTION
    assert found.label(place).startswith("caption ")


def test_a_long_paragraph_is_shown_in_parts_that_end_with_a_sentence() -> None:
    text = "The lead.\n\n" + " ".join(f"This is sentence number {n} of it." for n in range(200))
    found = made(text)
    parts = found.paragraphs[1:]
    assert [(p.number, p.part) for p in parts] == [(2, n) for n in range(1, len(parts) + 1)]
    assert all(found.slice(part).endswith(" of it.") for part in parts)
    assert max(part.end - part.start for part in parts) <= 1600
    assert " ".join(found.slice(part) for part in parts) == text.partition("\n\n")[2]
    assert found.label(3) == "paragraph 2.2"
