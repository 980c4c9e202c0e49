"""`pincite eval reading` and `pincite eval open`: the text given, and found among many."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from pincite.eval.output import Json, Markdown, Progress, about, check_folders, show, write
from pincite.settings import Settings, load_settings

Split = Literal["dev", "train", "all"]
Half = Literal["tune", "report"]
Data = Annotated[
    list[Path],
    typer.Option("--data", help="JSON lines of texts, plain or gzipped; may be repeated"),
]
Model = Annotated[Path | None, typer.Option(help="the reader's folder", show_default="the setting")]
HalfOption = Annotated[
    Half | None,
    typer.Option(
        "--half",
        help="of the development split: what numbers are chosen on, or what they are reported on",
        show_default="both",
    ),
]

Limit = Annotated[
    int | None, typer.Option(min=1, help="a fixed sample of so many", show_default="all")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        help="keeps the corpus and its index; a temporary one by default", show_default=False
    ),
]


def reading(
    data: Data,
    model: Model = None,
    split: Annotated[Split, typer.Option(help="which part of the data")] = "dev",
    half: HalfOption = None,
    source: Annotated[
        list[str] | None, typer.Option(help="only this set; may be repeated", show_default=False)
    ] = None,
    limit: Limit = None,
    threshold: Annotated[
        float, typer.Option(help="span score less null score under which the reader refuses")
    ] = 0.0,
    json_: Json = None,
    markdown: Markdown = None,
    predictions: Annotated[
        Path | None, typer.Option(help="write each question's gold and predicted answer here")
    ] = None,
) -> None:
    """SQuAD's measures of a reader, by set and kind of question, the text given.

    The shipped reader has seen the questions of written_reading.jsonl.gz, of every split: on them
    its scores are better than on new ones.
    """
    from pincite.eval.data import load
    from pincite.eval.reading import choose, prediction_lines, read_all
    from pincite.eval.reading_report import report_on, sections
    from pincite.eval.tables import as_markdown
    from pincite.qa.reader import SpanReader

    check_folders(json_, markdown, predictions)
    items = choose(load(data), split, half, source, limit)
    settings = _settings(model)
    reader = SpanReader(settings)
    reader.read_pairs(())  # loads the model, which is not to be timed
    began = time.perf_counter()
    readings = read_all(reader, items, settings, Progress("questions read"))
    seconds = time.perf_counter() - began
    metadata = about(data) | {
        "split": split,
        "half": half or "both",
        "sources": source or "all",
        "limit": limit,
        "reader": f"{reader.folder.name} ({reader.fingerprint})",
        "questions": len(items),
        "read in": f"{seconds:.1f} s, {len(items) / seconds:.1f} questions a second",
    }
    report = report_on(readings, threshold, metadata)
    show(sections(report))
    write(json_, report.to_dict())
    write(markdown, as_markdown(metadata, sections(report)))
    lines = prediction_lines(items, readings, threshold)
    write(predictions, "".join(f"{line}\n" for line in lines))


def open_(
    data: Data,
    model: Model = None,
    half: HalfOption = None,
    held: Annotated[
        bool, typer.Option("--held", help="ask only of texts that are never trained on")
    ] = False,
    limit: Limit = None,
    folder: Folder = None,
    json_: Json = None,
    markdown: Markdown = None,
) -> None:
    """Questions of the development split, asked of all texts of the data indexed together.

    The shipped reader has seen the questions of written_reading.jsonl.gz, of every split: on them
    its scores are better than on new ones.
    """
    from pincite.eval.cases import ask_all, open_data, shown_from
    from pincite.eval.data import HELD
    from pincite.eval.open_report import report_on, sections
    from pincite.eval.reading import sample
    from pincite.eval.tables import as_markdown

    check_folders(json_, markdown)
    settings = _settings(model)
    with ExitStack() as until_done:
        where = folder or Path(until_done.enter_context(TemporaryDirectory()))
        opened, cases = open_data(data, where, settings, half, Progress("texts encoded"))
        if held:
            cases = [case for case in cases if case.group.startswith(HELD)]
        cases = sample(cases, limit, lambda case: case.name)
        asked = ask_all(opened, cases, Progress("questions asked"))
        counts = opened.index.manifest.counts
    seconds = sum(one.ms for one in asked) / 1000
    threshold = shown_from(opened, settings)
    metadata = about(data) | {
        "half": half or "both",
        "held": held,
        "limit": limit,
        "indexed": f"{counts.articles} articles, {counts.paragraphs} paragraphs,"
        f" {counts.passages} passages",
        "encoder": opened.encoder.fingerprint,
        "reader": opened.reader.fingerprint,
        "answered": f"{len(asked) / seconds:.2f} questions a second, one after another",
    }
    report = report_on(asked, threshold, metadata)
    show(sections(report))
    write(json_, report.to_dict())
    write(markdown, as_markdown(metadata, sections(report)))


def _settings(model: Path | None) -> Settings:
    return load_settings(reader=None if model is None else str(model))
