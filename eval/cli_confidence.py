"""`pincite eval confidence`: is the confidence what it says, corpus by corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pincite.eval.cli_reading import Half, HalfOption, Limit
from pincite.eval.output import Json, Markdown, Progress, about, check_folders, show, write
from pincite.settings import SHIPPED, Settings, load_settings

if TYPE_CHECKING:
    from pincite.eval.cases import Case
    from pincite.qa.ask import Pincite

ARTICLES = "articles"  # the hand-built questions over the shipped articles
FITTED = f"{ARTICLES} (fitted on)"  # their development half, whatever half is asked for


def confidence(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            help="JSON lines of texts, plain or gzipped, each file a corpus; may be repeated",
            show_default="the shipped articles alone",
        ),
    ] = None,
    half: HalfOption = "report",
    limit: Limit = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="keeps the indexes; a temporary one by default", show_default=False),
    ] = None,
    json_: Json = None,
    markdown: Markdown = None,
) -> None:
    """Calibration and refusals on development questions of several corpora.

    The shipped articles with the development half of the evaluation set, and each file of the
    data with that half of its development split. The confidence is fitted on the evaluation
    set's development half and on the data's half that is for tuning. The shipped reader has seen
    the questions of written_reading.jsonl.gz, of every split: on them it is surer, and right more
    often, than on new ones.
    """
    from pincite.eval.cases import Outcome, ask_all, shown_from
    from pincite.eval.confidence_report import ABOUT, Report, charts, sections
    from pincite.eval.rates import require
    from pincite.eval.tables import as_markdown

    require("scipy")
    check_folders(json_, markdown)
    settings = load_settings()
    corpora: dict[str, list[Outcome]] = {}
    with ExitStack() as until_done:
        where = folder or Path(until_done.enter_context(TemporaryDirectory()))
        for name, opened, cases in opened_corpora(where, data or (), settings, half, limit):
            shown = FITTED if name == ARTICLES else name
            corpora[shown] = ask_all(opened, cases, Progress(f"questions of {name} asked"))
    threshold = shown_from(opened, settings)
    metadata = about(data or ()) | {
        "half": half or "both",
        "limit": limit,
        "reader": opened.reader.fingerprint,
        "encoder": opened.encoder.fingerprint,
    }
    report = Report(metadata, threshold, corpora)
    made = sections(report)
    show(made)
    write(json_, report.to_dict())
    if markdown is not None:
        pictures = []
        for name, svg in charts(report).items():
            path = markdown.with_name(f"{markdown.stem}-{name}.svg")
            write(path, svg)
            pictures.append(f"![{name}]({path.name})\n")
        text = as_markdown(metadata, made)
        write(markdown, "\n".join(["# Confidence\n", ABOUT, text, *pictures]))


def opened_corpora(
    folder: Path, data: Sequence[Path], settings: Settings, half: Half | None, limit: int | None
) -> Iterator[tuple[str, Pincite, Sequence[Case]]]:
    """Name, index and development questions: of the shipped articles, and of each file.

    Of a file with texts that are never trained on, only their questions; the others are indexed.

    Args:
        folder: keeps the indexes.
        half: of the files' development splits; both if None.
        limit: questions of a corpus at most, a fixed sample; all if None.
    """
    from pincite.eval.cases import open_data
    from pincite.eval.data import HELD
    from pincite.eval.reading import WRITTEN_OUT, sample

    for file in (None, *data):
        name = ARTICLES if file is None else file.name.split(".")[0]
        if file is None:
            opened, cases = open_articles(folder / name, settings)
        else:
            encoded = Progress(f"texts of {name} encoded")
            opened, cases = open_data([file], folder / name, settings, half, encoded)
            cases = [case for case in cases if case.group.startswith(HELD)] or cases
        # Each question once: a follow-up as it was asked.
        cases = [case for case in cases if case.set != WRITTEN_OUT]
        yield name, opened, sample(cases, limit, lambda case: case.name)


def open_articles(folder: Path, settings: Settings) -> tuple[Pincite, list[Case]]:
    """Index the shipped articles in a folder, and the development half of the evaluation set."""
    from pincite.eval.cases import cases_of_set
    from pincite.eval.question_file import load
    from pincite.index.build import build
    from pincite.index.corpus import scan
    from pincite.index.encoder import open_encoder
    from pincite.qa.ask import Pincite

    corpus = SHIPPED / "seeds"
    changed = {"corpus": corpus, "index": folder / "index", "threshold": 0.0}
    settings = settings.model_copy(update=changed)
    build(settings, open_encoder(settings))
    articles = list(scan(corpus).articles())
    texts = {article.file: article.text for article in articles}
    questions = load(SHIPPED / "eval" / "questions.jsonl", texts, split="dev")
    return Pincite.open(settings), cases_of_set(questions, {a.file: a.id for a in articles})
