"""The page of a run: complete, harmless, alone, and readable in either scheme and on a phone."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request
from typer.testing import CliRunner

from pincite.eval import cli
from pincite.eval.cli import app
from pincite.eval.outcomes import compare, run_of
from pincite.eval.page import page
from pincite.eval.questions import EvalError, Gold
from pincite.eval.report import Report
from pincite.eval.run import evaluate
from pincite.eval.targets import InProcess
from pincite.index.article import Block, Role
from pincite.qa.ask import Pincite
from tests.test_browser_access import barriers
from tests.test_eval_run import ARTICLES, QUESTIONS, SAYS, Parrot
from tests.test_eval_trec import ONE

HOSTILE = "<script>alert(1)</script> & \"'"
VOID = {"meta", "link", "br", "input", "img", "hr"}


def run(says: dict[str, str | None] = SAYS) -> Report:
    parrot = Parrot(says)
    target = InProcess(parrot.ask, parrot.rank)
    metadata = {"command": f"pincite eval {HOSTILE}", "split": "dev", "version": "1"}
    return evaluate(target, QUESTIONS, ARTICLES, metadata=metadata)


@pytest.fixture(scope="module")
def report() -> Report:
    return run()


@pytest.fixture(scope="module")
def compared(report: Report) -> str:
    """The page of the run, against one that said other things."""
    earlier = run_of(run(SAYS | {"Who is Di?": None, "When did Cy go?": "Sunday"}).to_dict())
    now = run_of(report.to_dict())
    return page(report, {"one.txt": ONE}, compare(now, earlier), earlier)


class Outline(HTMLParser):
    """The elements of a page, and whether they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += " "
        self.ids += [value or "" for name, value in attrs if name == "id"]
        asking = {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}
        self.addresses += [value or "" for name, value in attrs if name in asking]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_is_well_formed_and_asks_nobody(compared: str) -> None:
    outline = Outline(compared)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert "script" not in outline.tags and "iframe" not in outline.tags
    local = {f"#{id_}" for id_ in outline.ids}
    assert set(outline.addresses) - local == {"data:,"}
    assert not re.search(r"@import|url\((?!#)", compared)
    assert "default-src 'none'" in compared


def test_what_was_asked_is_text_and_not_markup(report: Report) -> None:
    records = [
        dataclasses.replace(record, asked=HOSTILE, body={**record.body, "answer": HOSTILE})
        for record in report.records
    ]
    made = page(dataclasses.replace(report, records=tuple(records)), {"one.txt": ONE})
    outline = Outline(made)
    assert "script" not in outline.tags
    assert outline.text.count(HOSTILE) == 1 + 3 * len(report.failures)  # the command, too


def test_every_wrong_answer_is_there_with_what_is_right(report: Report) -> None:
    made = page(report, {"one.txt": ONE})
    wrong = made[made.index('id="wrong"') :]
    assert re.findall(r'<details id="([^"]+)"', wrong) == [
        "far",
        "unfound",
        "c/2",
        "refused",
        "span",
    ]
    span = wrong[wrong.index('<details id="span"') :]
    assert "When did Cy go?" in span and "<b>left</b>" in span and "<b>Sunday</b>" in span
    assert "Cy <mark>left</mark> on Sunday." in span  # what it cited
    assert "left on <mark>Sunday</mark>" in span  # what holds the answer
    assert "one.txt [39, 43)" in span and "paragraph 3" in span
    conversation = wrong[wrong.index('<details id="c/2"') :]
    assert "The conversation before it" in conversation and "Åse held how many?" in conversation
    assert "The articles hold no answer." in wrong


def test_the_numbers_are_the_report_s(report: Report, compared: str) -> None:
    text = " ".join(Outline(compared).text.split())
    for name, summary in report.kinds.items():
        assert f"{name.replace('_', ' ')} {summary.questions}" in text
    assert "42.9 %" in text  # correct and cited: 3 of 7
    assert "answered refused an answer 5 2 no answer 1 1" in text
    # Then: "far" was refused and "span" right; both are worse now.
    assert "0 are better, 2 worse and 7 unchanged" in text
    assert "p = 0.500" in text and "may well be chance" in text
    assert "Worse: 2" in text and "Better" not in text.replace("are better", "")
    assert "then Sunday · now left" in text and "then no answer · now Cy" in text


def test_what_another_answer_is_expected_of_is_said_to_be_left_out(report: Report) -> None:
    now = run_of(report.to_dict())
    changed = {"far": dataclasses.replace(now.outcomes["far"], expected={}, right=True)}
    earlier = dataclasses.replace(now, outcomes={**now.outcomes, **changed})
    made = page(report, {"one.txt": ONE}, compare(now, earlier), earlier)
    text = " ".join(Outline(made).text.split())
    assert "0 are better, 0 worse and 8 unchanged" in text
    assert "1 of which another answer is expected now are left out." in text


def test_charts_are_drawn_of_both_runs(compared: str, report: Report) -> None:
    assert compared.count("<svg") == 2
    assert compared.count("the earlier run") == 2  # in the legends
    alone = page(report, {"one.txt": ONE})
    assert "series-0" in alone and "series-1" not in alone
    assert not set(
        re.findall(r"#[0-9a-f]{6}", re.sub(r"<style>.*?</style>", "", alone, flags=re.S))
    )


def test_where_everything_was_refused_there_is_no_chart() -> None:
    # A refused question is an empty answer in what follows it.
    silent = dict.fromkeys([" And when did Cy leave?", "  And Bo?", *SAYS])
    refusing = run(silent)
    made = page(refusing, {"one.txt": ONE})
    assert "<svg" not in made and "Refusals" in made


def test_a_long_paragraph_is_cut_around_what_is_marked() -> None:
    from pincite.eval.page import AROUND, _pieces

    text = "word " * 200 + "here" + " word" * 200
    (before, _), (marked, is_marked), (after, _) = _pieces(text, 1000, 1004)
    assert (marked, is_marked) == ("here", True)
    assert before.startswith("… word") and after.endswith("word …")
    assert len(before) <= AROUND + 2 and len(after) <= AROUND + 2
    assert _pieces("as it is", 0, 2) == (("as", True), (" it is", False))


def test_a_number_is_marked_where_it_was_cited_and_not_in_a_longer_one() -> None:
    from pincite.eval.page import _cited, _evidence

    line = "In 2013, 13 soldiers were held; 13 left."
    text = f"{line}\n"
    article = dataclasses.replace(ONE, text=text, blocks=(Block(Role.BODY, 0, len(line), 1, None),))
    named = {"file": "one.txt", "title": "One", "publisher": None}
    paragraph = {"label": "paragraph 1", "text": line}
    cited = {"article": named, "paragraph": paragraph, "quote": "13"}
    last = line.rindex("13")
    passage = _cited(cited | {"start": last, "end": last + 2}, {"one.txt": article}, marked=True)
    assert passage.pieces == ((line[:last], False), ("13", True), (" left.", False))
    elsewhere = _cited(cited | {"start": last, "end": last + 2}, {}, marked=True)
    assert elsewhere.pieces == ((line, False),)
    gold = Gold("one.txt", line, ((0, len(line)),))
    evidence = _evidence(gold, ["13"], {"one.txt": article})
    assert [text for text, _ in evidence.pieces[:2]] == ["In 2013, ", "13"]
    assert _evidence(gold, ["01"], {"one.txt": article}).pieces == ((line, False),)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_in_a_browser(
    browser: Browser, compared: str, tmp_path: Path, scheme: str, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(compared, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    opened = context.new_page()
    asked: list[Request] = []
    complaints: list[str] = []
    opened.on("request", lambda request: asked.append(request))
    opened.on("console", lambda said: complaints.append(said.text))
    opened.goto(file.as_uri())
    assert [request.url for request in asked] == [file.as_uri()]
    assert complaints == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.locator("#wrong summary").first.click()
    assert opened.locator("#wrong .inside").first.is_visible()
    assert barriers(opened) == []
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    context.close()


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def asked_of(small: Pincite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set about the two small articles, which the fakes answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pincite, "open", lambda *_: small)
    gold = [{"file": "harbour.txt", "evidence": "The harbour was shut for 41 days"}]
    shared = {"group": "g", "split": "dev", "status": "answered"}
    accounts = [{"answers": ["41 days"], "gold": gold}]
    lines = [
        {"id": "a", "kind": "how_many", "question": "How many days was the harbour shut?"},
        {"id": "b", "kind": "keywords", "question": "harbour shut days"},
    ]
    text = "\n".join(json.dumps(line | shared | {"accounts": accounts}) for line in lines)
    (tmp_path / "own.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_command_writes_page_json_and_trec(asked_of: Path) -> None:
    first = ["--questions", "own.jsonl", "--report", "made/first"]
    assert CliRunner().invoke(app, first).exit_code == 0
    names = {"report.html", "report.json", "run.trec", "qrels.trec"}
    assert {path.name for path in (asked_of / "made" / "first").iterdir()} == names
    again = [*first[:-1], "second", "--against", "made/first/report.json"]
    result = CliRunner().invoke(app, again)
    assert result.exit_code == 0 and "Against the earlier run" in result.output
    made = json.loads((asked_of / "second" / "report.json").read_text("utf-8"))
    assert made["comparison"]["p_value"] == 1 and made["comparison"]["left_out"] == 0
    assert "Against an earlier run" in (asked_of / "second" / "report.html").read_text("utf-8")
    assert (
        asked_of / "second" / "qrels.trec"
    ).read_text() == "a 0 harbour#p1 1\nb 0 harbour#p1 1\n"


def test_what_can_t_be_compared_or_written_is_said_before_asking(
    asked_of: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("pincite.eval.run.evaluate", never)
    (asked_of / "no.json").write_text("{}")
    with pytest.raises(EvalError, match="is no report"):
        invoke("--questions", "own.jsonl", "--against", "no.json")
    result = CliRunner().invoke(app, ["--questions", "own.jsonl", "--report", "no.json/inside"])
    assert "can't make the folder" in str(result.exception)


def invoke(*arguments: str) -> None:
    result = CliRunner().invoke(cli.app, [*arguments])
    assert result.exception is not None
    raise result.exception
