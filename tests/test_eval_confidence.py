from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pincite.eval.candidates import Pool
from pincite.eval.charts import LEFT, SIDE, TOP, Series, chart
from pincite.eval.cli import app
from pincite.eval.confidence_report import CROSSED, UNSEEN, charts, judge, report_on, sections
from pincite.eval.fit_confidence import KINDS
from pincite.eval.fit_ranking import Crossed, fit_order
from pincite.qa.ranking import Ranking
from tests.test_fit_ranking import ALL, MADE, pool

SVG = "{http://www.w3.org/2000/svg}"


def fitted(pools: list[Pool]) -> Ranking:
    crossed = Crossed(pools)
    order = fit_order(crossed.pools)
    return Ranking(order.weights, order.bias, 0.5, KINDS["all"](crossed.led()))


TEST = [replace(pool(500 + n, 6.0, 1.0), part="test") for n in range(10)]
RANKING = fitted(ALL)
REPORT = report_on([*ALL, *TEST], RANKING, "all", {"reader": "made"})


def test_development_questions_are_cross_fitted_and_test_ones_judged_as_they_are() -> None:
    assert [part.name for part in REPORT.parts] == [f"made, {CROSSED}", f"made, {UNSEEN}"]
    crossed, unseen = REPORT.parts
    assert len(crossed.judged) == len(ALL)
    assert [one.confidence for one in unseen.judged] == [
        judge(one, RANKING).confidence for one in TEST
    ]


def test_the_tables_hold_every_part() -> None:
    tables = {title: rows for title, _, rows in sections(REPORT)}
    calibration = {row[0]: row for row in tables["Calibration"]}
    assert calibration[f"made, {CROSSED}"][1:3] == ("90", "66.7")
    assert calibration[f"made, {UNSEEN}"][1:3] == ("10", "100.0")
    (refusing,) = (rows for title, rows in tables.items() if title.startswith("Refusing"))
    assert refusing[0][1:3] == ("0.0 (0 of 60)", "100.0 (30 of 30)")
    assert refusing[1][2] == "–"  # no unanswerable question there
    assert {row[0] for row in tables["Kinds of model, development questions, cross-fitted"]} == set(
        KINDS
    )


def test_the_json_holds_every_question() -> None:
    parts = REPORT.to_dict()["parts"]
    assert [len(rows) for rows in parts.values()] == [90, 10]
    assert parts[f"made, {UNSEEN}"][0]["id"] == "question 500"


def test_the_charts_are_svg_with_a_line_a_part() -> None:
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


def test_candidates_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["confidence", "--candidates", str(tmp_path)])
    assert result.exit_code != 0
    assert "0 readers" in str(result.exception)


def test_a_pool_without_candidates_is_not_sure() -> None:
    empty = replace(MADE[0], voices=())
    assert judge(empty, RANKING).confidence == 0.0


@pytest.mark.parametrize("option", ["--candidates", "--markdown", "--json"])
def test_its_help_names_every_option(option: str) -> None:
    result = CliRunner().invoke(app, ["confidence", "--help"], env={"COLUMNS": "200"})
    assert option in result.output
