"""`pincite eval events`: who says what, of events that several reports tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pincite.eval.cli_reading import Data, Folder, HalfOption, Limit
from pincite.eval.output import Json, Markdown, Progress, about, check_folders, show, write
from pincite.settings import load_settings

if TYPE_CHECKING:
    from pincite.eval.events import Judged
    from pincite.eval.rates import Part
    from pincite.eval.tables import Section


def events(
    data: Data,
    half: HalfOption = None,
    limit: Limit = None,
    folder: Folder = None,
    json_: Json = None,
    markdown: Markdown = None,
) -> None:
    """Accounts of events: all reports of the data indexed together, the development split asked."""
    from pincite.eval.cases import open_texts
    from pincite.eval.data import load
    from pincite.eval.events import ask_events, event_questions
    from pincite.eval.rates import require
    from pincite.eval.reading import sample
    from pincite.eval.tables import as_markdown

    require("scipy")
    check_folders(json_, markdown)
    paragraphs = load(data)
    with ExitStack() as until_done:
        where = folder or Path(until_done.enter_context(TemporaryDirectory()))
        opened, places = open_texts(paragraphs, data, where, load_settings())
        questions = event_questions(paragraphs, places, "dev", half)
        questions = sample(questions, limit, lambda one: f"{one.event}\n{one.question}")
        progress = Progress("questions asked")
        judged = []
        for one in ask_events(opened, questions):
            judged.append(one)
            progress(len(judged), len(questions), len(judged) / len(questions))
    metadata = about(data) | {
        "half": half or "both",
        "indexed": f"{opened.index.manifest.counts.articles} reports",
        "reader": opened.reader.fingerprint,
        "encoder": opened.encoder.fingerprint,
    }
    made = sections(judged)
    show(made)
    write(json_, {"metadata": metadata, "questions": [asdict(one) for one in judged]})
    write(markdown, "# Events\n\n" + as_markdown(metadata, made))


MEASURES = {
    "account recall": "of the accounts that the reports tell, those shown",
    "account precision": "of the accounts shown, those that begin with an answer, each once",
    "reports heard": "of the reports that answer, those cited under their own account",
    "called disputed": "questions whose status says so",
    "refused": "questions that get no answer",
}


def sections(judged: Sequence[Judged]) -> list[Section]:
    """The tables: by kind of question, and what is measured."""
    from pincite.eval.events import KINDS
    from pincite.eval.tables import percent

    of_kind = {kind: [one for one in judged if one.question.kind == kind] for kind in KINDS}
    answered = [one for one in judged if one.question.kind != "none"]
    rows = [
        (kind, str(len(of)), *(percent(value) for value in _rates(of)))
        for kind, of in [*of_kind.items(), ("all that reports answer", answered)]
        if of
    ]
    header = ("kind", "questions", *MEASURES)
    return [
        ("Accounts of events, in percent (95% interval)", header, rows),
        ("What is measured", ("measure", "of what"), list(MEASURES.items())),
    ]


def _rates(judged: Sequence[Judged]) -> Iterable[Any]:
    from pincite.eval.questions import REFUSED
    from pincite.eval.rates import Part, rate
    from pincite.qa.answer import Status

    def over(part: Callable[[Judged], tuple[float, int]]) -> Iterable[Part]:
        return (Part(one.question.event, *part(one)) for one in judged)

    yield rate(over(lambda one: (one.found, one.accounts)))
    yield rate(over(lambda one: (one.found, len(one.shown))))
    yield rate(over(lambda one: (one.cited, one.voices)))
    yield rate(over(lambda one: (one.status is Status.DISPUTED, 1)))
    yield rate(over(lambda one: (one.status in REFUSED, 1)))
