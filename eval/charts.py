"""Line charts over the unit square, as SVG that needs nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.eval.rates import require

# Told apart by people who don't see all colours (Okabe and Ito, 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, SOFT, GRID, PAPER = "#222222", "#888888", "#dddddd", "#ffffff"
INCHES = (4.4, 3.9)
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """A line with its name.

    Attributes:
        points: x and y, each 0..1, in the order they are joined.
        dotted: with a dot at every point.
        intervals: the lower and the upper end of an interval of y at each point; or empty.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dotted: bool = False
    intervals: Sequence[tuple[float, float]] = ()


def chart(title: str, x: str, y: str, series: Sequence[Series], *, diagonal: bool = False) -> str:
    """An SVG document; the line of the nth series is in its element `series-n`, from 0.

    Args:
        x, y: what the axes say.
        diagonal: draw the line from (0, 0) to (1, 1) too.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    require("matplotlib")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    fonts = ["DejaVu Sans", "sans-serif"]
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.sans-serif": fonts}):
        figure = Figure(figsize=INCHES, facecolor=PAPER)
        axes = figure.add_subplot(facecolor="none", xlim=(0, 1), ylim=(0, 1))
        axes.set_xlabel(x, color=INK)
        axes.set_ylabel(y, color=INK)
        axes.set_xticks(TICKS)
        axes.set_yticks(TICKS)
        axes.grid(color=GRID, linewidth=0.8)
        axes.tick_params(colors=INK, length=0, pad=7)
        axes.spines[:].set_color(GRID)
        if diagonal:
            axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1, gid="diagonal")
        for number, one in enumerate(series):
            colour = COLOURS[number % len(COLOURS)]
            xs, ys = [point[0] for point in one.points], [point[1] for point in one.points]
            if one.intervals:
                lows, highs = zip(*one.intervals, strict=True)
                axes.vlines(xs, lows, highs, color=colour, alpha=0.4, linewidth=1.5)
            marker = "o" if one.dotted else None
            (line,) = axes.plot(xs, ys, marker=marker, markersize=4, color=colour, label=one.name)
            line.set(gid=f"series-{number}", clip_on=False)
        if len(series) > 1:
            axes.legend(
                loc="upper center",
                bbox_to_anchor=(0.5, -0.14),  # below the axes
                ncols=min(2, len(series)),
                frameon=False,
                labelcolor=INK,
            )
        file = io.StringIO()
        metadata = {"Title": title, "Creator": None, "Date": None}
        figure.savefig(file, format="svg", bbox_inches="tight", metadata=metadata)
    return re.sub(r"\s*<(metadata|style)\b.*?</\1>", "", file.getvalue(), flags=re.DOTALL)


def inline(svg: str, name: str, colours: dict[str, str]) -> str:
    """The picture as an element to stand in a page.

    Args:
        svg: from `chart`.
        name: its own in the page: goes before its ids.
        colours: those that it was drawn in -> what stands for them in the page's style.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\1{name}-", svg).replace("<svg", '<svg role="img"')
    for drawn, styled in colours.items():
        svg = svg.replace(drawn, styled)
    return svg
