"""Line charts over the unit square, as SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# Told apart by people who don't see all colours (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SIDE = 360  # of the square, in pixels
LEFT, TOP, RIGHT, BOTTOM = 56, 40, 250, 52
LINE_HEIGHT = 18
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """A line with its name.

    Attributes:
        points: x and y, each 0..1, in the order they are joined.
        dotted: with a dot at every point.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dotted: bool = False


def chart(title: str, x: str, y: str, series: Sequence[Series], *, diagonal: bool = False) -> str:
    """An SVG document.

    Args:
        x, y: what the axes say.
        diagonal: draw the line from (0, 0) to (1, 1) too.
    """
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(LEFT, TOP - 16, title, extra=' font-size="14" font-weight="bold"'),
        *(_tick(value) for value in TICKS),
        _text(LEFT + SIDE / 2, height - 12, x, "middle"),
        f'<g transform="translate(14 {TOP + SIDE / 2}) rotate(-90)">{_text(0, 0, y, "middle")}</g>',
    ]
    if diagonal:
        parts.append(_line([(0.0, 0.0), (1.0, 1.0)], "#888", ' stroke-dasharray="4 4"'))
    for number, one in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(_line(one.points, colour))
        if one.dotted:
            parts.extend(_dot(point, colour) for point in one.points)
        at = TOP + LINE_HEIGHT * (number + 1)
        parts.append(f'<rect x="{LEFT + SIDE + 14}" y="{at - 7}" width="16" height="3"')
        parts[-1] += f' fill="{colour}"/>'
        parts.append(_text(LEFT + SIDE + 36, at - 1, one.name))
    return "\n".join([*parts, "</svg>", ""])


def _place(point: tuple[float, float]) -> tuple[float, float]:
    return LEFT + SIDE * point[0], TOP + SIDE * (1.0 - point[1])


def _line(points: Sequence[tuple[float, float]], colour: str, extra: str = "") -> str:
    joined = " ".join(f"{px:.1f},{py:.1f}" for px, py in map(_place, points))
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{extra}/>'


def _dot(point: tuple[float, float], colour: str) -> str:
    px, py = _place(point)
    return f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>'


def _tick(value: float) -> str:
    """Both grid lines of a value and what they are of."""
    px, py = _place((value, value))
    return (
        f'<path d="M{px:.1f} {TOP}V{TOP + SIDE}M{LEFT} {py:.1f}H{LEFT + SIDE}" stroke="#ddd"/>'
        + _text(px, TOP + SIDE + 18, f"{value:.1f}", "middle")
        + _text(LEFT - 8, py + 4, f"{value:.1f}", "end")
    )


def _text(px: float, py: float, text: str, anchor: str = "start", extra: str = "") -> str:
    return (
        f'<text x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}" fill="#222"{extra}>'
        f"{escape(text)}</text>"
    )
