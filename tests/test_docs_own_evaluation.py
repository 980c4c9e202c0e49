"""Every command of docs/own-evaluation.md, one after the other, with the real models."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pincite.eval.question_file import load
from pincite.eval.questions import KINDS
from pincite.settings import SHIPPED
from tests.conftest import FEW_WINDOWS

PAGE = (SHIPPED / "docs" / "own-evaluation.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
    environment["PINCITE_READ_WINDOWS"] = str(FEW_WINDOWS)
    return subprocess.run(
        ["bash", "-euc", block],
        cwd=folder,
        env=environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_example_keeps_the_rules_and_every_kind_is_named() -> None:
    (example,) = blocks("json")
    assert [json.loads(line)["id"] for line in example.splitlines()] == [
        f"own-0{number}" for number in range(1, 5)
    ]
    assert all(f"`{kind}`" in PAGE for kind in KINDS)


@pytest.mark.models
def test_every_command_does_what_the_page_says(tmp_path: Path) -> None:
    begin, check, first, second, trec = blocks("sh")
    done = run(begin, tmp_path)
    assert done.returncode == 0, done.stderr
    begun = (tmp_path / "own.jsonl").read_text("utf-8")
    assert "# Harbour reopens, paragraph 2\n" in begun

    done = run(check, tmp_path)
    assert done.returncode == 1 and "'question' is empty" in done.stdout

    (example,) = blocks("json")
    (shown,) = re.findall(r"^(own\.jsonl: line .*\n    .*)$", PAGE, re.MULTILINE)
    (tmp_path / "own.jsonl").write_text(example.replace('["1911", "in 1911"]', '["1912"]'))
    assert shown.splitlines()[0] in run(check, tmp_path).stdout
    assert shown.splitlines()[1] in run(check, tmp_path).stdout

    (tmp_path / "own.jsonl").write_text(example, "utf-8")
    texts = {"harbour.txt": (tmp_path / "harbour.txt").read_text("utf-8")}
    assert len(load(tmp_path / "own.jsonl", texts)) == 5
    done = run(check, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")

    for block in (first, second):
        done = run(block, tmp_path)
        assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "first" / "report.json").read_text("utf-8"))
    assert [row["id"] for row in report["questions"]][3:] == ["own-04/1", "own-04/2"]
    assert report["overall"]["rates"]["verbatim_quotes"]["value"] == 1
    assert report["overall"]["rates"]["correct_and_cited"]["value"] >= 0.5
    compared = json.loads((tmp_path / "second" / "report.json").read_text("utf-8"))["comparison"]
    assert compared["left_out"] == 0

    qrels = (tmp_path / "first" / "qrels.trec").read_text("utf-8").splitlines()
    assert qrels[0] == "own-01 0 harbour#p2 1" and "`harbour#p2`" in PAGE
    done = run(trec, tmp_path)
    assert done.returncode == 0, done.stderr
    measured = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    assert measured.keys() == {"nDCG@10", "R@10", "RR"}
    assert measured["R@10"] == pytest.approx(report["overall"]["rates"]["recall@10"]["value"], 1e-3)
