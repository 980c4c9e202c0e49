"""What the service logs and counts: one line a request, no question in it, no label without end."""

from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pincite.api.app import create_app
from pincite.api.logs import configure_logs
from pincite.errors import IndexMissing
from pincite.qa.ask import Pincite
from tests.conftest import Serve
from tests.test_mcp import call

QUESTION = "How many days was the harbour shut?"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged as JSON, while the test runs."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure_logs("json")
    return written


def parsed(lines: io.StringIO, count: int) -> list[dict[str, Any]]:
    """So many lines, as soon as they are there: a request is logged after it is answered."""
    for _ in range(1000):
        found = [json.loads(line) for line in lines.getvalue().splitlines()]
        # Not those of a service that still warms up.
        found = [line for line in found if line["request_id"]]
        if len(found) >= count:
            break
        time.sleep(0.01)
    return found


def test_one_line_a_request(client: httpx.Client, lines: io.StringIO) -> None:
    asked = client.get("/v1/ask", params={"q": QUESTION}, headers={"X-Request-Id": "my-id.1"})
    client.post("/v1/ask", json={"question": QUESTION})
    client.get("/v1/articles/nothing")
    client.head("/articles/harbour?start=1&end=3")
    first, second, third, fourth = parsed(lines, 4)
    assert first == {
        "time": first["time"],
        "level": "INFO",
        "logger": "pincite.requests",
        "message": first["message"],
        "request_id": "my-id.1",
        "method": "GET",
        "path": "/v1/ask",
        "route": "/v1/ask",
        "status": 200,
        "took_ms": first["took_ms"],
        "client": "127.0.0.1",
        "key": None,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", first["time"])
    assert first["took_ms"] > 0
    assert asked.headers["X-Request-Id"] == "my-id.1"
    assert (second["method"], second["route"]) == ("POST", "/v1/ask")
    assert (third["status"], third["route"]) == (404, "/v1/articles/{id}")
    assert (fourth["method"], fourth["path"]) == ("HEAD", "/articles/harbour")
    assert "harbour shut" not in lines.getvalue()
    assert "days" not in lines.getvalue()


def test_a_question_is_logged_where_the_setting_says_so(
    small: Pincite, serve: Serve, lines: io.StringIO
) -> None:
    settings = small.settings.model_copy(update={"log_questions": True})
    client = serve(create_app(settings, lambda _: small))
    client.get("/v1/ask", params={"q": QUESTION})
    client.post("/v1/ask", json={"question": QUESTION})
    client.get("/v1/search", params={"q": QUESTION})
    client.head("/v1/ask", params={"q": QUESTION})
    client.get("/v1/articles")
    assert [line.get("question") for line in parsed(lines, 5)] == [QUESTION] * 4 + [None]


@pytest.mark.parametrize("given", ["", "a b", "a\tb", "x" * 65, "ä", "{}", "../../a", "<script>"])
def test_an_id_that_is_not_sane_is_replaced(client: httpx.Client, given: str) -> None:
    answered = client.get("/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    assert re.fullmatch("[0-9a-f]{32}", answered.headers["X-Request-Id"])


def test_every_answer_has_its_own_id(client: httpx.Client) -> None:
    paths = ["/healthz", "/nothing", "/v1/ask", "/static/chat.js", "/static/nothing"]
    ids = {client.get(path).headers["X-Request-Id"] for path in paths * 2}
    assert len(ids) == 10
    assert "X-Request-Id" in client.get("/", headers={"Host": "evil.example"}).headers
    assert client.options("/", headers={"X-Request-Id": "o"}).headers["X-Request-Id"] == "o"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_goes_wrong_inside_is_logged_under_the_id(
    small: Pincite, serve: Serve, lines: io.StringIO
) -> None:
    def opener(_: object) -> Pincite:
        raise RuntimeError("broken inside")

    client = serve(create_app(small.settings, opener))
    answered = client.get("/v1/articles", headers={"X-Request-Id": "mine"})
    assert answered.status_code == 500
    mine = [line for line in parsed(lines, 2) if line["request_id"] == "mine"]
    assert [line["level"] for line in mine] == ["ERROR", "INFO"]
    assert "broken inside" in mine[0]["exc_info"]
    assert mine[1]["status"] == 500


def test_no_line_of_a_strangers_comes_into_the_log(
    client: httpx.Client, lines: io.StringIO
) -> None:
    client.get("/a%0aERROR%20forged%1b[2J")
    (line,) = parsed(lines, 1)
    assert line["path"] == "/a%0aERROR%20forged%1b[2J"
    assert line["route"] == "unmatched"
    assert "\n" not in line["message"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [RuntimeError("broken inside"), IndexMissing("no index")])
def test_nor_with_an_error(
    small: Pincite, serve: Serve, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure_logs("text")

    def opener(_: object) -> Pincite:
        raise error

    client = serve(create_app(small.settings, opener))
    assert client.get("/v1/articles/a%0aERROR%20forged%1b[2J").status_code >= 500
    logged = written.getvalue()
    assert "ERROR GET /v1/articles/a%0aERROR%20forged%1b[2J" in logged
    assert "\x1b" not in logged
    assert not [line for line in logged.splitlines() if line.startswith("ERROR forged")]


def samples(client: httpx.Client) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_what_is_counted(small: Pincite, serve: Serve) -> None:
    client = serve(create_app(small.settings, lambda _: small))
    while client.get("/readyz").status_code != 200:
        pass
    for _ in range(3):
        client.get("/v1/ask", params={"q": QUESTION})
    client.get("/v1/ask")
    client.head("/static/chat.js")
    client.get("/static/nothing.js")
    found = samples(client)
    assert found["pincite_requests_total", "GET", "/v1/ask", "200"] == 3
    assert found["pincite_requests_total", "GET", "/v1/ask", "422"] == 1
    assert found["pincite_requests_total", "HEAD", "/static", "200"] == 1
    assert found["pincite_requests_total", "GET", "/static", "404"] == 1
    assert found["pincite_request_seconds_count", "/v1/ask"] == 4
    assert found["pincite_answers_total", "answered"] == 3
    assert found["pincite_stage_seconds_count", "read"] == 3
    assert found["pincite_stage_seconds_count", "retrieve"] == 3
    assert found["pincite_stage_seconds_sum", "read"] > 0
    assert found["pincite_questions_waiting",] == found["pincite_questions_answering",] == 0
    assert found["pincite_index_articles",] == 2
    assert found["pincite_index_paragraphs",] == 5


def test_an_agents_question_is_counted_as_others_are(small: Pincite, serve: Serve) -> None:
    client = serve(create_app(small.settings, lambda _: small))
    before = samples(client)
    question = {"question": QUESTION}
    call(f"{str(client.base_url).rstrip('/')}/mcp", ("ask", question), ("ask", question))
    now = samples(client)
    for name in [("pincite_answers_total", "answered"), ("pincite_stage_seconds_count", "read")]:
        assert now[name] - before.get(name, 0) == 2


def test_no_label_grows_with_what_is_asked(small: Pincite, serve: Serve) -> None:
    client = serve(create_app(small.settings, lambda _: small))
    samples(client)  # its own
    client.get("/healthz")
    client.get("/v1/articles/first")
    client.get("/first")
    client.request("BREW", "/")
    before = samples(client).keys()
    for n in range(20):
        client.get(f"/v1/articles/{n}")
        client.get(f"/{n}")
        client.request(f"BREW{n}", "/")
        client.get("/healthz", headers={"X-Request-Id": str(n)})
    assert samples(client).keys() == before
