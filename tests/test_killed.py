"""Changes killed at random moments; `python -m pincite.eval.killed` does it two hundred times."""

from __future__ import annotations

from pathlib import Path

from pincite.eval.killed import run

KILLS = 6


def test_whatever_is_killed_nothing_is_lost(tmp_path: Path) -> None:
    result = run(KILLS, seed=7, folder=tmp_path, say=lambda _: None)
    assert result.faults == []
    assert result.killed == KILLS == sum(result.by_kind.values())
    # Each was found in one of the three states there are, and judged.
    assert result.acknowledged <= KILLS
    assert result.done + result.undone <= KILLS
