"""`pincite eval reading` and `pincite eval open`: measure a reader on SQuAD's kind of data."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from pincite import __version__
from pincite.errors import InvalidData
from pincite.settings import Settings, load_settings

if TYPE_CHECKING:
    from pincite.eval.data import Paragraph
    from pincite.eval.open_report import Report as OpenReport
    from pincite.eval.reading import Item
    from pincite.eval.squad import Reading
    from pincite.eval.tables import Section
    from pincite.qa.read import WindowReader

BATCH_TOKENS = 2048
PROGRESS_S = 10.0  # between two lines where stderr is not a terminal

# Wide enough that a table is not folded where it is piped to a file.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False)

Split = Literal["dev", "train", "all"]
Data = Annotated[
    list[Path],
    typer.Option("--data", help="JSON lines of paragraphs, plain or gzipped; may be repeated"),
]
BatchTokens = Annotated[
    int, typer.Option(min=1, help="word pieces read at a time, padding included")
]
Json = Annotated[Path | None, typer.Option("--json", help="write the report here")]
Markdown = Annotated[Path | None, typer.Option(help="write the tables here")]


def reading(
    data: Data,
    model: Annotated[
        Path | None, typer.Option(help="the reader's folder", show_default="the setting")
    ] = None,
    split: Annotated[Split, typer.Option(help="which part of the data")] = "dev",
    source: Annotated[
        list[str] | None, typer.Option(help="only this set; may be repeated", show_default=False)
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="a fixed sample of so many, spread over the sets")
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="null score less span score above which the reader refuses")
    ] = 0.0,
    batch_tokens: BatchTokens = BATCH_TOKENS,
    json_: Json = None,
    markdown: Markdown = None,
    predictions: Annotated[
        Path | None, typer.Option(help="write each question's gold and predicted answer here")
    ] = None,
) -> None:
    """SQuAD 1.1 and 2.0 measures of a reader, the paragraph given."""
    from pincite.eval.data import load
    from pincite.eval.reading import choose, prediction_lines
    from pincite.eval.reading_report import report_on, sections
    from pincite.qa.read import WindowReader

    _check_folders(json_, markdown, predictions)
    items = choose(load(data), split, source, limit)
    readings, about = _read(items, WindowReader(_settings(model)), batch_tokens)
    report = report_on(
        readings,
        threshold,
        _about(data) | {"split": split, "sources": source or "all", "limit": limit} | about,
    )
    _show(sections(report))
    _write(json_, markdown, report.to_dict(), report.metadata, sections(report))
    if predictions is not None:
        lines = prediction_lines(items, readings, threshold)
        predictions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        err.print(f"written: {predictions}")


def open_(
    data: Data,
    model: Annotated[
        Path | None, typer.Option(help="the reader's folder", show_default="the setting")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="a fixed sample of so many, spread over the sets")
    ] = 600,
    skip: Annotated[
        int,
        typer.Option(
            min=0, help="leave the sample of so many out: one that the ranking was fitted on"
        ),
    ] = 0,
    index: Annotated[
        Path | None,
        typer.Option(
            help="folder that keeps the corpus and its index; a temporary one by default",
            show_default=False,
        ),
    ] = None,
    batch_tokens: BatchTokens = BATCH_TOKENS,
    json_: Json = None,
    markdown: Markdown = None,
) -> None:
    """Exact match and F1 with the paragraph to be found among all, and with it given."""
    from pincite.eval.data import load
    from pincite.eval.open_report import failures, sections

    _check_folders(json_, markdown)
    paragraphs = load(data)
    with TemporaryDirectory() as temporary:
        report = _open_report(
            paragraphs, index or Path(temporary), model, (limit, skip), batch_tokens, _about(data)
        )
    _show(sections(report))
    _write(
        json_,
        markdown,
        report.to_dict(),
        report.metadata,
        [*sections(report), *failures(report)],
    )


def _open_report(
    paragraphs: list[Paragraph],
    folder: Path,
    model: Path | None,
    limit_and_skip: tuple[int, int],
    batch_tokens: int,
    metadata: dict[str, Any],
) -> OpenReport:
    from pincite.eval.open_reading import ask_all, corpus_paragraphs, questions, write_corpus
    from pincite.eval.open_report import report_on
    from pincite.index.build import build
    from pincite.index.encoder import open_encoder
    from pincite.qa.ask import Pincite
    from pincite.qa.read import WindowReader

    indexed = corpus_paragraphs(paragraphs)
    limit, skip = limit_and_skip
    items = questions(indexed, limit, skip)
    reader = WindowReader(_settings(model))
    places = write_corpus(indexed, folder / "corpus")
    settings = _settings(
        model,
        corpus=folder / "corpus",
        index=folder / "index",
        threshold=0.0,  # the leading candidate answers, however unsure it is
    )
    building = _Progress("texts encoded")

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "encoding":
            building(done, total, done / total)

    counts = build(settings, open_encoder(settings), progress=progress).manifest.counts
    opened = Pincite.open(settings)
    given, about = _read(items, reader, batch_tokens)
    asked = ask_all(opened, items, places, given, _Progress("questions asked"))
    what = f"{counts.articles} articles, {counts.paragraphs} paragraphs, {counts.passages} passages"
    about = {
        "limit": limit,
        "skip": skip,
        **about,
        "indexed": f"{len(indexed)} paragraphs of the data as {what}",
        "encoder": opened.encoder.fingerprint,
        "passages found": settings.retrieve_passages,
        "ranking": json.dumps(dict(opened.ranking.weights)),
    }
    return report_on(asked, metadata | about)


def _read(
    items: list[Item], reader: WindowReader, batch_tokens: int
) -> tuple[list[Reading], dict[str, Any]]:
    """The readings with the paragraph given, and what the report says of the reader."""
    from pincite.eval.reading import read_all

    reader.read_pairs((), batch_tokens)  # loads the model, which is not to be timed
    began = time.perf_counter()
    readings = read_all(reader, items, batch_tokens, _Progress("questions read"))
    seconds = time.perf_counter() - began
    return readings, {
        "reader": f"{reader.folder.name} ({reader.fingerprint})",
        "questions": len(items),
        "read in": f"{seconds:.1f} s, {len(items) / seconds:.1f} questions a second",
    }


def _check_folders(*paths: Path | None) -> None:
    """What is to be written at the end can be: better said before minutes of reading."""
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise InvalidData(f"there is no folder {path.parent}", "Make it first.")


def _settings(model: Path | None, **more: object) -> Settings:
    return load_settings(reader=None if model is None else str(model), **more)


def _about(data: list[Path]) -> dict[str, Any]:
    from pincite.eval.data import hash_of

    return {
        "command": " ".join(["pincite", *sys.argv[1:]]),
        "version": __version__,
        "data": ", ".join(f"{name} (sha256 {hash_})" for name, hash_ in hash_of(data).items()),
    }


def _show(sections: Iterable[Section]) -> None:
    from pincite.eval.tables import as_tables

    for table in as_tables(sections):
        out.print(table)


def _write(
    json_: Path | None,
    markdown: Path | None,
    report: Mapping[str, Any],
    metadata: Mapping[str, Any],
    sections: Iterable[Section],
) -> None:
    from pincite.eval.tables import as_markdown

    if json_ is not None:
        text = json.dumps(report, ensure_ascii=False, indent=1)
        json_.write_text(f"{text}\n", encoding="utf-8")
        err.print(f"written: {json_}")
    if markdown is not None:
        markdown.write_text(as_markdown(metadata, sections), encoding="utf-8")
        err.print(f"written: {markdown}")


class _Progress:
    """A line on stderr: how far, how fast, how long still; rewritten where it is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._shown = time.perf_counter()

    def __call__(self, done: int, total: int, share: float) -> None:
        now = time.perf_counter()
        if done < total and not err.is_terminal and now - self._shown < PROGRESS_S:
            return
        self._shown = now
        spent = now - self._began
        left = spent * (1 - share) / share
        line = f"{done} of {total} {self._what}, {done / spent:.1f} a second, {left:.0f} s left"
        err.print(f"{line}   ", end="\r" if err.is_terminal and done < total else "\n")
