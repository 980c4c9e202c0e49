"""What the report makes of the records: what another wording costs."""

from __future__ import annotations

import dataclasses

from pincite.eval.run import evaluate
from pincite.eval.tables import markdown
from pincite.eval.targets import InProcess
from tests.test_eval_run import ARTICLES, Parrot, ask_for


def test_what_another_wording_costs_is_taken_of_the_same_fact() -> None:
    said = {
        "held?": "13",
        "Åse held how many?": "13",
        "And her men?": "Åse",
        "Bo held how many?": "Åse",
        "Cy?": None,
        "left?": "Sunday",
    }
    wordy = ask_for("bad", "who", "And her men?", "13")
    (account,) = wordy.accounts
    other = dataclasses.replace(account, answers=("thirteen", "the 13"))
    elsewhere = dataclasses.replace(ask_for("far", "when", "Cy?", "Sunday"), group="other")
    questions = [
        ask_for("good", "how_many", "Åse held how many?", "13"),
        dataclasses.replace(wordy, accounts=(other,)),
        ask_for("topic", "how_many", "Bo held how many?", "2"),  # of the group, another fact
        ask_for("typed", "misspelled", "held?", "13"),
        ask_for("alone", "keywords", "left?", "Sunday"),  # only in another group
        elsewhere,
    ]
    parrot = Parrot(said)
    made = evaluate(InProcess(parrot.ask, parrot.rank), questions, ARTICLES)
    assert made.rewordings.keys() == {"misspelled"}
    gap = made.rewordings["misspelled"]
    assert (gap.asked.value, gap.plain.value, gap.difference.value) == (1.0, 0.5, 0.5)
    assert made.to_dict()["rewordings"]["misspelled"]["difference"]["count"] == 1
    assert "| misspelled | 100.0 | 50.0 | 50.0 | 1 |" in markdown(made)
