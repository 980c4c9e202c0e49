from __future__ import annotations

from eval.cli import QUESTIONS
from eval.validate import validate
from pincite.settings import SHIPPED


def test_the_evaluation_set_keeps_its_own_rules() -> None:
    assert validate(QUESTIONS, SHIPPED / "seeds") == []
