"""The command that damages every file of a collection, a little of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincite.eval import damaged
from pincite.eval.damaged import DAMAGES, run
from pincite.index.opened import Index, open_index


def test_no_damage_goes_unnoticed_and_all_are_mended_or_refused(tmp_path: Path) -> None:
    result = run(1, 3, tmp_path)
    assert result.faults == []
    assert list(result.outcomes) == list(DAMAGES)
    for outcomes in result.outcomes.values():
        assert outcomes["mended"] >= 4  # the index is made of the documents
        assert outcomes["added again"] == 6  # the originals
        assert outcomes["refused"] in {1, 2}  # the documents themselves, and whose they are


def test_what_is_read_otherwise_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*args: object) -> Index:
        if "damaged" in str(args[0]):
            raise RuntimeError("no typed error")
        return open_index(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(damaged, "open_index", forgetful)
    result = run(1, 3, tmp_path)
    assert len(result.faults) == result.tried > 50
    assert all("no typed error" in fault for fault in result.faults)
