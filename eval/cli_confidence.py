"""`pincite eval confidence`: is the confidence what it says, on questions no fit saw."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pincite import __version__
from pincite.errors import InvalidData, MissingExtra
from pincite.settings import load_settings

out = Console(highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False)


def confidence(
    candidates: Annotated[Path, typer.Option(help="folder of `python -m pincite.eval.candidates`")],
    model: Annotated[
        Path | None, typer.Option(help="the reader's folder", show_default="the setting")
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", help="write every question's confidence here")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="write the tables here, and the charts beside")
    ] = None,
) -> None:
    """Calibration and refusals of the fitted confidence, on questions that no fit saw."""
    if find_spec("sklearn") is None:
        raise MissingExtra("scikit-learn is not installed", "Run `pip install 'pincite[eval]'`.")
    from pincite.eval.candidates import read
    from pincite.eval.confidence_report import ABOUT, charts, report_on, sections
    from pincite.eval.tables import as_markdown, as_tables
    from pincite.index.model_files import fingerprint
    from pincite.qa.ranking import FILE, load_ranking

    folder = model or Path(load_settings().reader)
    reader, pools = read(candidates)
    ranking = load_ranking(folder, fingerprint(folder))
    if reader != fingerprint(folder) or ranking.confidence is None:
        raise InvalidData(
            f"the candidates, or the ranking in {folder}, are not of this reader's fit",
            "Run `python -m pincite.eval.candidates` and `python -m pincite.eval.fit_ranking`"
            " with this reader.",
        )
    kind = json.loads((folder / FILE).read_bytes())["confidence"]["fit"]
    report = report_on(
        pools,
        ranking,
        kind,
        {
            "command": " ".join(["pincite", *sys.argv[1:]]),
            "version": __version__,
            "reader": reader,
            "confidence": kind,
            "threshold": f"{ranking.threshold:.4f}",
        },
    )
    made = sections(report)  # a thousand draws a part
    for table in as_tables(made):
        out.print(table)
    if json_ is not None:
        json_.write_text(json.dumps(report.to_dict(), indent=1) + "\n", encoding="utf-8")
        err.print(f"written: {json_}")
    if markdown is not None:
        pictures = []
        for name, svg in charts(report).items():
            path = markdown.with_name(f"{markdown.stem}-{name}.svg")
            path.write_text(svg, encoding="utf-8")
            pictures.append(f"![{name}]({path.name})\n")
        text = as_markdown(report.metadata, made)
        page = "\n".join(["# Confidence\n", ABOUT, text, *pictures])
        markdown.write_text(page, encoding="utf-8")
        err.print(f"written: {markdown}")
