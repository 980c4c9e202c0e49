"""The TREC files, read by another library, give what the report says and what a hand works out."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import pytrec_eval

from pincite.eval.articles import in_folder
from pincite.eval.question_file import load
from pincite.eval.report import Report
from pincite.eval.run import evaluate
from pincite.eval.targets import InProcess
from pincite.eval.trec import qrels_lines, run_lines
from pincite.index.article import Article, Block, Role
from pincite.qa.ask import Pincite
from pincite.settings import SHIPPED
from tests.test_eval_run import ARTICLES, LINES, QUESTIONS, TEXT, Parrot

BLOCKS = tuple(
    Block(Role.BODY, TEXT.index(line), TEXT.index(line) + len(line), number, None)
    for number, line in LINES
)
ONE = Article("one", "one.txt", "One", None, None, None, TEXT, BLOCKS, ())


def measured(tmp_path: Path, run: str, qrels: str, *measures: str) -> dict[str, dict[str, float]]:
    """What trec_eval makes of the files."""
    (tmp_path / "run").write_text(run)
    (tmp_path / "qrels").write_text(qrels)
    with (tmp_path / "qrels").open() as file:
        judged = pytrec_eval.parse_qrel(file)
    with (tmp_path / "run").open() as file:
        ranked = pytrec_eval.parse_run(file)
    found: dict[str, dict[str, float]] = pytrec_eval.RelevanceEvaluator(
        judged, set(measures)
    ).evaluate(ranked)
    return found


@pytest.fixture(scope="module")
def report() -> Report:
    parrot = Parrot()
    return evaluate(InProcess(parrot.ask, parrot.rank), QUESTIONS, ARTICLES)


def test_the_columns(report: Report) -> None:
    run = run_lines(report, {"one.txt": ONE}).splitlines()
    assert run[:4] == [
        "good Q0 one#p1 1 1.000000 pincite",
        "good Q0 one#p2 2 0.500000 pincite",
        "good Q0 one#p3 3 0.333333 pincite",
        "unfound Q0 one#p1 1 1.000000 pincite",
    ]
    qrels = qrels_lines(report, {"one.txt": ONE}).splitlines()
    assert qrels == [
        "good 0 one#p1 1",
        "unfound 0 one#p2 1",
        "c/1 0 one#p1 1",
        "c/2 0 one#p3 1",
        "c/3 0 one#p2 1",
        "span 0 one#p3 1",
        "refused 0 one#p3 1",
    ]


def test_by_hand(report: Report, tmp_path: Path) -> None:
    articles = {"one.txt": ONE}
    run, qrels = run_lines(report, articles), qrels_lines(report, articles)
    found = measured(tmp_path, run, qrels, "recall_10", "ndcg_cut_10", "recip_rank")
    # One relevant paragraph each: nDCG is 1 / log2(1 + its rank).
    for id_, rank in {"good": 1, "c/3": 2, "span": 3}.items():
        assert found[id_]["ndcg_cut_10"] == pytest.approx(1 / math.log2(1 + rank)), id_
        assert found[id_]["recip_rank"] == pytest.approx(1 / rank)
    assert found["unfound"] == {"recall_10": 0, "ndcg_cut_10": 0, "recip_rank": 0}
    assert found.keys() == {"good", "unfound", "c/1", "c/2", "c/3", "span", "refused"}


def test_a_name_with_a_space_stays_one_column(report: Report) -> None:
    spaced = tuple(
        dataclasses.replace(one, question=dataclasses.replace(one.question, id="two words"))
        for one in report.records[:1]
    )
    lines = run_lines(dataclasses.replace(report, records=spaced), {"one.txt": ONE}).splitlines()
    assert {len(line.split()) for line in lines} == {6}


def test_an_article_of_another_version_has_names_still(report: Report) -> None:
    changed = dataclasses.replace(ONE, blocks=BLOCKS[1:])
    first = run_lines(report, {"one.txt": changed}).splitlines()[0]
    assert first == "good Q0 one#0 1 1.000000 pincite"


def test_an_article_that_the_folder_has_not_has_a_name_still(report: Report) -> None:
    named = [line.split()[2] for line in run_lines(report, {}).splitlines()]
    assert named[0] == f"one#{report.records[0].ranked[0]['start']}"
    assert len(named) == len(run_lines(report, {"one.txt": ONE}).splitlines())


def test_over_the_shipped_set_recall_is_the_report_s(seeds: Pincite, tmp_path: Path) -> None:
    articles = in_folder(SHIPPED / "seeds")
    texts = {file: article.text for file, article in articles.items()}
    asked = load(SHIPPED / "eval" / "questions.jsonl", texts, split="dev", kinds=["agreed", "who"])
    made = evaluate(InProcess.of(seeds), asked, texts)
    run, qrels = run_lines(made, articles), qrels_lines(made, articles)
    assert "#p" in run and all("#p" in line for line in run.splitlines())
    found = measured(tmp_path, run, qrels, "recall_1", "recall_5", "recall_10", "recip_rank")
    for ours, theirs in {
        "recall@1": "recall_1",
        "recall@5": "recall_5",
        "recall@10": "recall_10",
        "mrr@10": "recip_rank",
    }.items():
        mean = sum(one[theirs] for one in found.values()) / len(found)
        assert made.overall.rates[ours].value == pytest.approx(mean), ours
