"""The report on the confidence, and its charts."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pincite.errors import InvalidData
from pincite.eval.charts import LEFT, SIDE, TOP, Series, chart
from pincite.eval.cli import app
from pincite.eval.cli_confidence import confidence
from pincite.eval.confidence_report import Report, charts, sections
from tests.test_eval_cases import outcome

SVG = "{http://www.w3.org/2000/svg}"

NEWS = [
    outcome("plain", True, 0.9),
    outcome("plain", True, 0.8),
    outcome("plain", False, 0.7),
    outcome("plain", True, 0.4),
    outcome("unanswerable", False, 0.2),
    outcome("unanswerable", False, 0.6),
]
REPORT = Report({"reader": "made"}, 0.5, {"news": NEWS, "right": NEWS[:2]})


def test_the_tables_by_hand() -> None:
    tables = {title: rows for title, _, rows in sections(REPORT)}
    news, right = tables["Calibration"]
    assert news[:4] == ("news", "6", "50.0", "60.0")
    # Each alone in its bin: .1, .2, .7, .6, .2 and .6, over 6.
    assert news[6] == "40.0"
    # Right: gaps .1, .2 and .6; wrong: .7, .2 and .6.
    assert news[-1] == f"{100 * (0.9 / 3 + 1.5 / 3) / 2:.1f}"
    assert right[-1] == "–"
    (refusing,) = (rows for title, rows in tables.items() if title.startswith("Refusing"))
    assert refusing[0][:4] == ("news", "25.0 (1 of 4)", "50.0 (1 of 2)", "50.0")
    # The surest half: right, right, wrong.
    assert refusing[0][-1] == "66.7"
    assert refusing[1][2] == "–"  # no unanswerable question there
    assert len(tables["Reliability, ten bins of equal width"]) == 6 + 2


def test_the_json_holds_every_question() -> None:
    made = json.loads(json.dumps(REPORT.to_dict(), allow_nan=False))
    assert [len(rows) for rows in made["corpora"].values()] == [6, 2]
    assert made["corpora"]["news"][4] == {
        "set": "unanswerable",
        "question": "How long?",
        "answerable": False,
        "right": False,
        "confidence": 0.2,
    }


def test_the_charts_are_svg_with_a_line_a_corpus() -> None:
    made = charts(REPORT)
    assert made.keys() == {"reliability", "risk-coverage"}
    lines = {
        name: len(ElementTree.fromstring(svg).findall(f"{SVG}polyline"))
        for name, svg in made.items()
    }
    assert lines == {"reliability": 3, "risk-coverage": 2}  # and the diagonal


def test_a_chart_s_points_are_where_they_belong() -> None:
    svg = chart("A & B", "x", "y", [Series("one", [(0.0, 0.0), (1.0, 1.0)], dotted=True)])
    root = ElementTree.fromstring(svg)
    (line,) = root.findall(f"{SVG}polyline")
    bottom, right = TOP + SIDE, LEFT + SIDE
    assert line.get("points") == f"{LEFT}.0,{bottom}.0 {right}.0,{TOP}.0"
    assert len(root.findall(f"{SVG}circle")) == 2
    assert root.findtext(f"{SVG}title") == "A & B"


def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="there is no folder"):
        confidence(json_=tmp_path / "none" / "report.json")


@pytest.mark.models
def test_the_command_asks_the_set_over_the_shipped_articles(tmp_path: Path) -> None:
    page = tmp_path / "confidence.md"
    confidence(limit=12, folder=tmp_path / "kept", json_=tmp_path / "report.json", markdown=page)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert len(report["corpora"]["articles"]) == 12
    assert sum(row["right"] for row in report["corpora"]["articles"]) >= 4
    assert "(confidence-reliability.svg)" in page.read_text(encoding="utf-8")
    assert (tmp_path / "confidence-risk-coverage.svg").exists()


@pytest.mark.parametrize("option", ["--data", "--half", "--markdown", "--json"])
def test_its_help_names_every_option(option: str) -> None:
    result = CliRunner().invoke(app, ["confidence", "--help"], env={"COLUMNS": "200"})
    assert option in result.output
