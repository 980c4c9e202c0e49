"""What is evaluated: Pincite in this process, or a running service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Protocol

from pincite.errors import ServiceError
from pincite.index.collection import DEFAULT
from pincite.qa.answer import Answer, Found, Turn
from pincite.qa.question import APART, SHOWN
from pincite.settings import load_settings

if TYPE_CHECKING:
    import httpx

    from pincite.qa.ask import Pincite

ASK_PATH = "/v1/ask"
SEARCH_PATH = "/v1/search"


class Target(Protocol):
    """Something that answers questions and tells what it found for them."""

    def ask(self, question: str, history: Sequence[Turn], limit: int | None) -> Mapping[str, Any]:
        """The body of `/v1/ask`, with at most `limit` citations; None leaves it to the target."""

    def rank(
        self, body: Mapping[str, Any], history: Sequence[Turn], limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """At most `limit` paragraphs, best first, as they were found for an answer.

        Args:
            body: what `ask` returned.
            history: that was sent along.

        Returns:
            Items of `/v1/search`.
        """


class InProcess:
    """Pincite in this process.

    Args:
        ask: `(question, history, limit) -> Answer`, the one function that
            answers a question.
        rank: `(question, history, limit) -> paragraphs`, best first.
    """

    def __init__(
        self,
        ask: Callable[[str, Sequence[Turn], int | None], Answer],
        rank: Callable[[str, Sequence[Turn], int], Sequence[Found]],
    ) -> None:
        self._ask = ask
        self._rank = rank

    @classmethod
    def of(cls, opened: Pincite) -> InProcess:
        """An opened index."""

        def rank(question: str, history: Sequence[Turn], limit: int) -> list[Found]:
            return opened.search(question, limit, history=history)

        return cls(opened.ask, rank)

    def ask(self, question: str, history: Sequence[Turn], limit: int | None) -> Mapping[str, Any]:
        """The answer, by way of JSON, so that what is measured is what a client gets."""
        body: dict[str, Any] = json.loads(json.dumps(self._ask(question, history, limit).to_dict()))
        return body

    def rank(
        self, body: Mapping[str, Any], history: Sequence[Turn], limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """The ranked paragraphs."""
        return [
            asdict(found.citation) | {"passage": found.passage}
            for found in self._rank(body["question"], history, limit)
        ]


class Service:
    """A running service.

    Args:
        url: its address, such as "http://127.0.0.1:8000".
        collection: that is asked.
        key: that it wants, if it does.
        timeout_s: how long to wait for one answer, in seconds.
    """

    def __init__(
        self,
        url: str,
        collection: str = DEFAULT,
        key: str | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        import httpx

        self._url = url
        self._collection = collection
        self._longest = load_settings().question_chars
        headers = {"X-API-Key": key} if key else {}
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)
        except httpx.InvalidURL as error:
            raise ServiceError(
                f"{url!r} is not an address: {error}",
                'Give one such as "http://127.0.0.1:8000".',
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, question: str, history: Sequence[Turn], limit: int | None) -> Mapping[str, Any]:
        """The service's answer.

        Raises:
            ServiceError: it can't be reached, answers with an error, or with
                something that is not an answer.
        """
        body = self._json(
            "POST",
            ASK_PATH,
            json={
                "question": question,
                "history": [asdict(turn) for turn in history],
                "limit": limit,
                "collection": self._collection,
            },
        )
        if not isinstance(body, dict) or not body.keys() >= {
            field.name for field in fields(Answer)
        }:
            raise self._stranger(ASK_PATH)
        return body

    def rank(
        self, body: Mapping[str, Any], history: Sequence[Turn], limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """What it finds for the words that it looked up; raises as `ask` does.

        `/v1/search` takes no conversation, and no more than a question's characters: of more,
        the last are sent.
        """
        looked_up = str(body["understood_as"]).replace(SHOWN, APART)
        return self.search(looked_up[-self._longest :], limit)

    def search(self, question: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The service's ranked paragraphs; raises as `ask` does."""
        asked: dict[str, str | int] = {"q": question, "limit": limit}
        body = self._json("GET", SEARCH_PATH, params=asked | {"collection": self._collection})
        items = body.get("results") if isinstance(body, dict) else body
        if not isinstance(items, list):
            raise self._stranger(SEARCH_PATH)
        return items

    def _json(
        self,
        method: str,
        path: str,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> object:
        import httpx

        try:
            response = self._client.request(method, path, json=json, params=params)
        except httpx.TimeoutException as error:
            raise ServiceError(
                f"{self._url} took too long to answer", "Allow it more time, or see its log."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceError(
                f"can't reach {self._url}: {error}", "Start the service, or check the address."
            ) from error
        try:
            body: object = response.json()
        except ValueError as error:
            raise self._stranger(path) from error
        if response.is_error:
            raise _service_error(response, body)
        return body

    def _stranger(self, path: str) -> ServiceError:
        return ServiceError(
            f"{self._url}{path} doesn't answer as Pincite does",
            "Check that the address is Pincite's and that its version is this one.",
        )


def _service_error(response: httpx.Response, body: object) -> ServiceError:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {}
    return ServiceError(
        f"the service answered {response.status_code}: "
        f"{error.get('message') or response.reason_phrase}",
        error.get("hint") or "See the service's log.",
    )
