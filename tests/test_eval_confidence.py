"""The report on the confidence, and its charts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pincite.errors import InvalidData
from pincite.eval.charts import Series, chart, inline
from pincite.eval.cli import app
from pincite.eval.cli_confidence import confidence
from pincite.eval.confidence_report import Report, charts, sections
from tests.conftest import FEW_WINDOWS
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
    lines = {name: re.findall(r'id="(series-\d|diagonal)"', svg) for name, svg in made.items()}
    assert lines == {
        "reliability": ["diagonal", "series-0", "series-1"],
        "risk-coverage": ["series-0", "series-1"],
    }


def corners(root: ElementTree.Element, id_: str) -> list[tuple[float, float]]:
    path = root.find(f".//*[@id='{id_}']/{SVG}path")
    assert path is not None
    numbers = re.findall(r"[\d.]+", path.get("d", ""))
    return [(float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def test_a_chart_s_points_are_where_they_belong() -> None:
    line = Series("one", [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)], dotted=True)
    svg = chart("A & B", "x", "y", [line])
    assert svg == chart("A & B", "x", "y", [line])  # to the byte
    root = ElementTree.fromstring(svg)
    # The frame from bottom left; y counts downwards.
    (left, bottom), (right, _), (_, top), *_ = corners(root, "patch_2")
    middle = (left + (right - left) / 2, bottom + (top - bottom) / 4)
    drawn = corners(root, "series-0")
    for at, expected in zip(drawn, [(left, bottom), middle, (right, top)], strict=True):
        assert at == pytest.approx(expected, abs=1e-3)
    assert len(root.findall(f".//*[@id='series-0']//{SVG}use")) == 3
    assert root.findtext(f"{SVG}title") == "A & B"


def test_two_charts_of_one_page_share_no_id_and_take_its_colours() -> None:
    svg = chart("A", "x", "y", [Series("one", [(0.0, 0.0), (1.0, 1.0)])])
    one, two = (inline(svg, name, {"#0072b2": "var(--first)"}) for name in ("one", "two"))
    ids = [set(re.findall(r'\bid="([^"]+)"', picture)) for picture in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', one))
    assert used and used <= ids[0]
    assert "var(--first)" in one and "#0072b2" not in one
    ElementTree.fromstring(one)


def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="there is no folder"):
        confidence(json_=tmp_path / "none" / "report.json")


@pytest.mark.models
def test_the_command_asks_the_set_over_the_shipped_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_READ_WINDOWS", str(FEW_WINDOWS))
    page = tmp_path / "confidence.md"
    confidence(limit=6, folder=tmp_path / "kept", json_=tmp_path / "report.json", markdown=page)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["corpora"].keys() == {"articles (fitted on)"}
    rows = report["corpora"]["articles (fitted on)"]
    assert len(rows) == 6
    assert sum(row["right"] for row in rows) >= 2
    text = page.read_text(encoding="utf-8")
    assert "(confidence-reliability.svg)" in text and "| articles (fitted on) | 6 |" in text
    assert (tmp_path / "confidence-risk-coverage.svg").exists()


@pytest.mark.parametrize("option", ["--data", "--half", "--markdown", "--json"])
def test_its_help_names_every_option(option: str) -> None:
    result = CliRunner().invoke(app, ["confidence", "--help"], env={"COLUMNS": "200"})
    assert option in result.output
