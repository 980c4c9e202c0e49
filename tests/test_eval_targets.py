"""What is ranked for a follow-up is what was looked up for it, in this process and over HTTP."""

from __future__ import annotations

import httpx

from pincite.eval.targets import InProcess, Service
from pincite.qa.answer import Turn
from pincite.qa.ask import Pincite
from pincite.qa.question import APART, SHOWN, Question

SHUT = "How many days was the harbour shut after the storm?"
THEN = "and the fishermen?"
TOLD = Turn(SHUT, "41 days")


def found(small: Pincite, question: str, *history: Turn) -> list[tuple[str, int]]:
    asked, hits = small.look_up(question, history)
    assert len(asked.turns) == len(history)
    return [*dict.fromkeys((hit.passage.article, hit.passage.paragraph) for hit in hits)]


def named(ranked: object) -> list[tuple[str, int]]:
    assert isinstance(ranked, list)
    return [(item["article"]["id"], item["paragraph"]["number"]) for item in ranked]


def test_the_turns_are_joined_as_they_are_looked_up() -> None:
    question = Question(THEN, (TOLD, Turn("And then?", "")))
    assert question.understood_as.replace(SHOWN, APART) == question.asked


def test_in_this_process(small: Pincite) -> None:
    target = InProcess.of(small)
    body = target.ask(THEN, [TOLD], None)
    places = found(small, THEN, TOLD)
    assert named(target.rank(body, [TOLD], 50)) == places
    first, second = target.rank(body, [TOLD], 2)
    assert (first["passage"], second["passage"]) == (1, 2)
    assert first["start"] < first["end"] and first["quote"] == first["paragraph"]["text"]


def test_over_http_what_the_service_looked_up_is_sent(small: Pincite, client: httpx.Client) -> None:
    service = Service(str(client.base_url))
    asked: list[str] = []
    service._client.event_hooks = {"request": [lambda sent: asked.append(sent.url.params.get("q"))]}
    body = service.ask(THEN, [TOLD], None)
    assert SHOWN in body["understood_as"]
    assert named(service.rank(body, [TOLD], 50)) == found(small, THEN, TOLD)
    assert asked[-1] == f"{SHUT} 41 days . {THEN}"
    service.close()


def test_a_conversation_longer_than_a_question_is_ranked(
    small: Pincite, client: httpx.Client
) -> None:
    # As long as what the service takes for a question, answer for answer.
    long = Turn(SHUT, ("harbour " * 200)[: small.settings.question_chars])
    target, service = InProcess.of(small), Service(str(client.base_url))
    assert named(target.rank(target.ask(THEN, [long], None), [long], 50)) == found(
        small, THEN, long
    )
    assert service.rank(service.ask(THEN, [long], None), [long], 50)
    service.close()
