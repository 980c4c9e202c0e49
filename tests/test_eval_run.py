"""A whole run against a small made-up system, in process and over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console

from pincite.errors import ServiceError
from pincite.eval.metrics import Retrieval, Score
from pincite.eval.questions import Account, EvalError, Gold, Question, occurrences
from pincite.eval.record import MEASURES, Cause
from pincite.eval.report import Report
from pincite.eval.run import evaluate
from pincite.eval.tables import markdown, tables
from pincite.eval.targets import InProcess, Service
from pincite.qa import answer as qa
from pincite.qa.answer import Status, Turn

TEXT = "Åse held 13 men.\nBo held 2 | 3 men.\nCy left on Sunday.\n"
ARTICLES = {"one.txt": TEXT}
LINES = [(1, "Åse held 13 men."), (2, "Bo held 2 | 3 men."), (3, "Cy left on Sunday.")]

SAYS: dict[str, str | None] = {
    "Åse held how many?": "13",
    "Bo held how many?": "Åse",
    "13 And when did Cy leave?": None,
    "When did Cy leave?": "Sunday",
    "13  And Bo?": "2",
    "How many did Bo hold?": "2",
    "Who is Di?": "Cy",
    "Who is Eve?": None,
    "When did Cy go?": "left",
    "When did Cy part?": None,
}
RANKS = {"Bo held how many?": [1, 3]}  # all three in order for the other questions


def citation(words: str) -> qa.Citation:
    """The words' first place in the article."""
    start = TEXT.index(words)
    number, line = next((number, line) for number, line in LINES if words in line)
    return qa.Citation(
        number=1,
        article=qa.ArticleRef("one", "one.txt", "One", None, None),
        section=None,
        paragraph=qa.ParagraphRef(number, f"paragraph {number}", line),
        quote=words,
        start=start,
        end=start + len(words),
        url="/article/one",
    )


class Parrot:
    """Answers from a table; a follow-up is looked up behind the answer before it."""

    def __init__(self, says: Mapping[str, str | None] = SAYS) -> None:
        self.says = says
        self.asked: list[tuple[str, list[str], int | None]] = []

    def ask(self, question: str, history: Sequence[Turn], limit: int | None) -> qa.Answer:
        self.asked.append((question, [turn.answer for turn in history], limit))
        key = " ".join([*(turn.answer for turn in history), question])
        words = self.says[key]
        found = () if words is None else (citation(words),)
        return qa.Answer(
            question=question,
            understood_as=key,
            status=Status.NO_ANSWER if words is None else Status.ANSWERED,
            answer=words,
            text=words or "",
            confidence=0.5,
            accounts=() if words is None else (qa.Account(words, 0.5, (1,), 1),),
            citations=found,
            nearest=() if found else (citation("Cy left"),),
            took_ms=qa.Took(1.0, 2.0, 3.0),
        )

    def rank(self, question: str, history: Sequence[Turn], limit: int) -> list[qa.Found]:
        return self.search(" ".join([*(turn.answer for turn in history), question]), limit)

    def search(self, question: str, limit: int) -> list[qa.Found]:
        assert question in self.says
        found = []
        for rank, number in enumerate(RANKS.get(question, [1, 2, 3])[:limit], start=1):
            line = LINES[number - 1][1]
            found.append(qa.Found(citation(line), rank))
        return found


def ask_for(
    name: str, kind: str, words: str, *answers: str, turn: int = 1, standalone: str = ""
) -> Question:
    evidence = {"13": "Åse held 13", "2": "Bo held 2", "Sunday": "left on Sunday"}
    accounts = tuple(
        Account((a,), (Gold("one.txt", evidence[a], occurrences(TEXT, evidence[a])),))
        for a in answers
    )
    return Question(
        id=name,
        kind=kind,
        group="g",
        split="dev",
        question=words,
        standalone=standalone or words,
        status=Status.ANSWERED if answers else Status.NO_ANSWER,
        accounts=accounts,
        conversation=name.split("/")[0] if "/" in name else None,
        turn=turn,
    )


def talk(turn: int, words: str, answer: str, standalone: str = "") -> Question:
    return ask_for(f"c/{turn}", "conversation", words, answer, turn=turn, standalone=standalone)


QUESTIONS = [
    ask_for("good", "how_many", "Åse held how many?", "13"),
    ask_for("unfound", "how_many", "Bo held how many?", "2"),
    talk(1, "Åse held how many?", "13"),
    talk(2, "And when did Cy leave?", "Sunday", "When did Cy leave?"),
    talk(3, "And Bo?", "2", "How many did Bo hold?"),
    ask_for("far", "unanswerable_far", "Who is Di?"),
    ask_for("near", "unanswerable_near", "Who is Eve?"),
    ask_for("span", "when", "When did Cy go?", "Sunday"),
    ask_for("refused", "when", "When did Cy part?", "Sunday"),
]


@pytest.fixture(scope="module")
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture(scope="module")
def report(parrot: Parrot) -> Report:
    steps: list[tuple[int, int]] = []
    made = evaluate(
        InProcess(parrot.ask, parrot.rank),
        QUESTIONS,
        ARTICLES,
        limit=3,
        progress=lambda done, total: steps.append((done, total)),
        metadata={"split": "dev", "fingerprint": "a|b"},
    )
    assert steps == [(n, 9) for n in range(1, 10)]
    return made


def test_history_is_what_the_system_answered(report: Report, parrot: Parrot) -> None:
    assert parrot.asked[0] == ("Åse held how many?", [], 3)  # unmeasured
    assert parrot.asked[3:8] == [
        ("Åse held how many?", [], 3),
        ("And when did Cy leave?", ["13"], 3),
        ("When did Cy leave?", [], 3),
        ("And Bo?", ["13", ""], 3),  # the refusal before it is an empty answer
        ("How many did Bo hold?", [], 3),
    ]
    assert [record.asked for record in report.written_out] == [
        "When did Cy leave?",
        "How many did Bo hold?",
    ]


def test_causes(report: Report) -> None:
    assert {record.question.id: record.cause for record in report.records} == {
        "good": None,
        "unfound": Cause.NOT_RETRIEVED,
        "c/1": None,
        "c/2": Cause.REFUSED,
        "c/3": None,
        "far": Cause.ANSWERED_UNANSWERABLE,
        "near": None,
        "span": Cause.WRONG_SPAN,
        "refused": Cause.REFUSED,
    }
    assert [record.question.id for record in report.failures] == [
        "unfound",
        "c/2",
        "far",
        "span",
        "refused",
    ]


def test_right_words_from_the_wrong_place() -> None:
    parrot = Parrot({"Who?": "2"})
    elsewhere = Gold("one.txt", "Åse held 13", occurrences(TEXT, "Åse held 13"))
    question = Question(
        "q", "who", "g", "dev", "Who?", "Who?", Status.ANSWERED,
        (Account(("2",), (elsewhere,)),), None, 1,
    )  # fmt: skip
    made = evaluate(InProcess(parrot.ask, parrot.rank), [question], ARTICLES, limit=1)
    (record,) = made.records
    assert (record.score.right, record.score.correct_and_cited) == (1, 0)
    assert record.cause is Cause.WRONG_PLACE
    assert made.gaps == {}


def test_rates(report: Report) -> None:
    assert report.overall.questions == 9
    expected = {
        "as_expected": (4 / 9, 9),
        "right": (3 / 7, 7),
        "correct_and_cited": (3 / 7, 7),
        "abstention_precision": (1 / 3, 3),
        "abstention_recall": (1 / 2, 2),
        "false_refusal": (2 / 7, 7),
        "verbatim": (1, 9),
        "verbatim_quotes": (1, 9),  # 6 citations, 3 nearest
        # Gold ranks: 1 (good, c/1), 2 (c/3), 3 (c/2, span, refused), none (unfound).
        "hit@1": (2 / 7, 7),
        "hit@10": (6 / 7, 7),
        "mrr@10": ((1 + 1 + 1 / 2 + 3 / 3) / 7, 7),
    }
    for measure, (value, count) in expected.items():
        found = report.overall.rates[measure]
        assert found.value == pytest.approx(value), measure
        assert found.count == count, measure
    assert report.overall.rates.keys().isdisjoint({"dispute_recall", "citation_recall"})
    assert list(report.kinds) == [
        "when",
        "how_many",
        "unanswerable_near",
        "unanswerable_far",
        "conversation",
    ]
    assert report.kinds["how_many"].rates["right"].value == 0.5
    assert report.kinds["conversation"].questions == 3


def test_gap_of_follow_ups(report: Report) -> None:
    gap = report.gaps["as_expected"]
    assert (gap.asked.value, gap.plain.value) == (0.5, 1)
    assert (gap.difference.value, gap.difference.count) == (-0.5, 2)
    assert report.gaps["false_refusal"].difference.value == 0.5
    assert report.gaps["hit@10"].difference.value == 0


def test_report_is_json(report: Report) -> None:
    made = report.to_dict()
    assert json.loads(json.dumps(made)) == made
    assert made["metadata"] == {"split": "dev", "fingerprint": "a|b"}
    record = made["questions"][1]
    assert record["expected"] == {
        "status": "answered",
        "accounts": [{"answers": ["2"], "files": ["one.txt"]}],
    }
    assert record["got"]["answer"] == "Åse"
    assert record["got"]["citations"] == [
        {"file": "one.txt", "paragraph": 1, "start": 0, "end": 3, "number": 1, "quote": "Åse"}
    ]
    assert [place["paragraph"] for place in record["ranked"]] == [1, 3]
    assert record["cause"] == "not retrieved"
    assert record["took_ms"].keys() == {"wall", "retrieve", "read", "total"}
    assert len(made["written_out"]) == 2


def test_every_measure_has_its_meaning_written_down() -> None:
    scores = {field.name for field in fields(Score)} - {"quotes"}  # counted under the line
    ranks = {"@".join(field.name.rsplit("_", 1)) for field in fields(Retrieval)}
    assert {name.replace("quotes_verbatim", "verbatim_quotes") for name in scores} | ranks == set(
        MEASURES
    )


def test_tables_and_markdown(report: Report) -> None:
    console = Console(width=200, record=True)
    for table in tables(report):
        console.print(table)
    shown = console.export_text()
    assert "correct and cited" in shown and "answered the unanswerable" in shown
    text = markdown(report)
    assert text.startswith("- split: dev\n- fingerprint: a\\|b\n\n## Overall")
    assert "| far | unanswerable_far | Who is Di? | no answer | Cy | answered the " in text
    assert "| c/2 | conversation | And when did Cy leave? | Sunday | no answer | refused |" in text
    assert (
        "| verbatim | 100.0 (65 to 100) | 9 | answers of which every quote is to the letter |"
        in text
    )
    assert "| unanswerable_near | 1 | 100.0 (21 to 100) | – | – | – | – | – |" in text
    assert "| hit@10 | 100.0 | 100.0 | 0.0 | 2 |" in text
    assert "| refused | 2 |" in text


def test_no_questions() -> None:
    with pytest.raises(EvalError):
        evaluate(InProcess(Parrot().ask, Parrot().rank), [], ARTICLES, limit=1)


# --- over HTTP -----------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """Serves a Parrot, and some paths' worth of trouble in place of a question."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        troubles = {
            "bad": (422, {"error": {"type": "invalid_request", "message": "No.", "hint": "Ask."}}),
            "worse": (500, "oops"),
            "strange": (200, {"hello": "world"}),
        }
        if sent["question"] in troubles:
            return self.reply(*troubles[sent["question"]])
        history = [Turn(**turn) for turn in sent["history"]]
        return self.reply(200, Parrot().ask(sent["question"], history, sent["limit"]).to_dict())

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        found = Parrot().search(query["q"][0], int(query["limit"][0]))
        results = [asdict(one.citation) | {"passage": one.passage} for one in found]
        self.reply(200, {"results": results})

    def reply(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        made = Service(f"http://127.0.0.1:{server.server_address[1]}")
        yield made
        made.close()
        server.shutdown()
        thread.join()


def test_over_http_the_measures_are_the_same(service: Service, report: Report) -> None:
    made = evaluate(service, QUESTIONS, ARTICLES)
    assert made.overall.rates == report.overall.rates
    assert made.gaps == report.gaps
    assert [dict(record.body) for record in made.records] == [
        dict(record.body) for record in report.records
    ]


@pytest.mark.parametrize(
    ("question", "message", "hint"),
    [
        ("bad", "the service answered 422: No.", "Ask."),
        ("worse", "the service answered 500: Internal Server Error", "See the service's log."),
        ("strange", "doesn't answer as Pincite does", "version"),
    ],
)
def test_what_the_service_says_wrong(
    service: Service, question: str, message: str, hint: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        service.ask(question, (), 1)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_no_service_there() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_address[1]
    service = Service(f"http://127.0.0.1:{port}")
    with pytest.raises(ServiceError, match="can't reach") as caught:
        service.search("Who?", 1)
    assert "Start the service" in caught.value.hint
    service.close()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "nowhere", "http://[", "http://127.0.0.1:99999"])
def test_no_address(url: str) -> None:
    with pytest.raises(ServiceError):
        Service(url).search("Who?", 1)
