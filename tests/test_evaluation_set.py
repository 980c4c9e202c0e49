from __future__ import annotations

from pincite.eval.articles import in_folder
from pincite.eval.cli import QUESTIONS
from pincite.eval.validate import shortages, validate
from pincite.settings import SHIPPED


def test_the_evaluation_set_keeps_its_own_rules() -> None:
    entries, errors = validate(QUESTIONS, in_folder(SHIPPED / "seeds"))
    assert errors == []
    assert [*shortages(entries)] == []
