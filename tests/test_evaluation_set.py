from __future__ import annotations

from pincite.eval.cli import QUESTIONS
from pincite.eval.validate import validate
from pincite.settings import SHIPPED


def test_the_evaluation_set_keeps_its_own_rules() -> None:
    assert validate(QUESTIONS, SHIPPED / "seeds") == []
