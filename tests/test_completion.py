"""What a chat client shows of an answer, and what of it comes back as the conversation."""

from __future__ import annotations

import json

import httpx
import pytest

from pincite.api.completion import annotate, leading_words, pieces
from pincite.qa.answer import (
    DIFFER,
    NO_ANSWER,
    Account,
    Answer,
    ArticleRef,
    Citation,
    Extract,
    ParagraphRef,
    Status,
    Took,
)
from tests.test_api import SHUT

COURIER = ArticleRef("a", "a.txt", "Raid", "The Courier", "2023-06-05")
TEXT = "Ann says two men came."
CHAT = "/v1/chat/completions"


def cited(number: int) -> Citation:
    paragraph = ParagraphRef(1, "paragraph 1", TEXT)
    said_by = Extract("Ann", 0, 3)
    return Citation(number, COURIER, None, paragraph, "two", 9, 12, "/x", said_by=said_by)


def answer(text: str, *accounts: Account, status: Status, understood_as: str = "who?") -> Answer:
    citations = tuple(cited(n) for account in accounts for n in account.citations)
    words = accounts[0].answer if accounts else None
    sure = accounts[0].confidence if accounts else 0.1
    return Answer(
        *("who?", understood_as, status, words, text, sure, accounts, citations),
        () if accounts else (cited(1),),
        Took(1, 1, 2),
    )


def test_an_answer_that_is_only_possible_says_so_and_what_was_looked_up() -> None:
    asked = "Where? Kyiv → who?"
    given = answer(
        "two [1]", Account("two", 0.4, (1,), 1), status=Status.ANSWERED, understood_as=asked
    )
    message = "".join(pieces(given, "http://h"))
    assert message == (
        "two [1]\n\nThe Courier says so, 1 independent source; low confidence\n\n"
        f"Looked up as: {asked}\n\n"
        "- [1] [The Courier, 5 June 2023, paragraph 1, quoting Ann](http://h/x): "
        "Ann says two men came."
    )
    assert leading_words(message) == "two"
    nothing = answer(NO_ANSWER, status=Status.NO_ANSWER, understood_as="See [1]. It → who?")
    said = "".join(pieces(nothing, "http://h")).split("\n\n")
    assert said[:3] == [NO_ANSWER, "Looked up as: See [1]. It → who?", "Nearest paragraphs:"]


def test_markers_are_found_in_whatever_order_the_accounts_are_told() -> None:
    accounts = (
        Account("Note [2]", 0.9, (1,), 1),
        Account("2", 0.6, (2,), 1),
        Account("3", 0.5, (3, 4), 2, disputes=True),
    )
    text = f"{DIFFER} Note [2] [1]; 3 [3][4]. Also said: 2 [2]."
    given = answer(text, *accounts, status=Status.DISPUTED)
    places = [one.url_citation for one in annotate(given, "http://h")]
    assert [text[p.start_index : p.end_index] for p in places] == ["[1]", "[2]", "[3]", "[4]"]
    assert [p.start_index for p in places] == [26, 54, 33, 36]


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_message_adds_is_no_part_of_the_conversation(
    client: httpx.Client, stream: bool
) -> None:
    def said(*messages: str) -> tuple[str, str]:
        """The answer's message, and what it was looked up as."""
        roles = ("user", "assistant") * len(messages)
        sent = [{"role": r, "content": c} for r, c in zip(roles, messages, strict=False)]
        body = client.post(CHAT, json={"model": "pincite", "messages": sent}).json()
        content: str = body["choices"][0]["message"]["content"]
        if stream:
            response = client.post(
                CHAT, json={"model": "pincite", "messages": sent, "stream": True}
            )
            chunks = [
                json.loads(line.removeprefix("data: "))
                for line in response.text.splitlines()
                if line.startswith("data: {")
            ]
            deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
            assert "".join(delta.get("content") or "" for delta in deltas) == content
        return content, body["pincite"]["understood_as"]

    first, _ = said(SHUT)
    second, understood = said(SHUT, first, "who says so?")
    assert understood == f"{SHUT} 41 → who says so?"
    assert f"\n\nLooked up as: {understood}\n\n" in second
    _, third = said(SHUT, first, "who says so?", second, "and when?")
    assert third.startswith(f"{SHUT} 41 → who says so?")
    assert third.endswith(" → and when?")
    assert "Looked up" not in third and "say so" not in third.replace("who says so?", "")
