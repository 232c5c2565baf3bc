"""Charts as SVG made here: no script, no style attribute, colours by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from api.queries.facts import PricePoint
from kernel.clock import CHINA

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 28
GRID_LINES = 4
DAYS_SHOWN = timedelta(days=2)
"""Of a shorter time the hours are shown."""
SERIES_KINDS = ("shown", "struck", "coupon", "range", "unit", "member")


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps time and money to the drawing."""

    start: datetime
    seconds: float
    low: int
    high: int

    def x(self, at: datetime) -> float:
        share = (at - self.start).total_seconds() / self.seconds
        return LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT)

    def y(self, fen: float) -> float:
        share = (fen - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def price_chart(points: Sequence[PricePoint], *, until: datetime, label: str) -> Markup:
    """Prices over time as steps, a line a kind and slot.

    Args:
        points: amounts with the times they stood, oldest first. until: end of the drawing, aware UTC.
        label: what a screen reader says; the table beside it holds the figures.

    Returns:
        an ``<svg>``, or nothing when there is no amount to draw.
    """
    amounts = [point.fen for point in points if point.fen is not None]
    if not amounts:
        return Markup("")
    start = min(point.since for point in points)
    low, high = min(amounts), max(amounts)
    room = max((high - low) // 8, high // 50, 1)
    scale = _Scale(start, max((until - start).total_seconds(), 1.0), max(0, low - room), high + room)
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">'
        ).format(WIDTH, HEIGHT, label),
        *_grid(scale, until),
    ]
    lines: dict[tuple[str, str], list[PricePoint]] = {}
    for point in points:
        lines.setdefault((point.kind, point.slot), []).append(point)
    for (kind, _slot), line in lines.items():
        parts.extend(_line(scale, kind if kind in SERIES_KINDS else "shown", line, until))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def _grid(scale: _Scale, until: datetime) -> list[Markup]:
    parts = []
    for number in range(GRID_LINES + 1):
        fen = scale.low + (scale.high - scale.low) * number / GRID_LINES
        y = round(scale.y(fen), 1)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"></line>').format(LEFT, WIDTH - RIGHT, y, y)
        )
        parts.append(
            Markup('<text class="axis" x="{}" y="{}" text-anchor="end">{}</text>').format(
                LEFT - 8, y + 4, f"{fen / 100:,.2f}"
            )
        )
    for at, anchor in ((scale.start, "start"), (until, "end")):
        form = "%Y-%m-%d" if until - scale.start > DAYS_SHOWN else "%m-%d %H:%M"
        day = at.astimezone(CHINA).strftime(form)
        parts.append(
            Markup('<text class="axis" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                round(scale.x(at), 1), HEIGHT - 8, anchor, day
            )
        )
    return parts


def _line(scale: _Scale, kind: str, points: Sequence[PricePoint], until: datetime) -> list[Markup]:
    path: list[str] = []
    dots = []
    pen_down = False
    for point in points:
        if point.fen is None:
            pen_down = False
            continue
        left, right, y = scale.x(point.since), scale.x(point.until or until), scale.y(point.fen)
        path.append(f"{'L' if pen_down else 'M'}{left:.1f} {y:.1f}H{right:.1f}")
        pen_down = point.until is not None
        dots.append(
            Markup('<circle class="dot {}" cx="{}" cy="{}" r="3"></circle>').format(kind, round(left, 1), round(y, 1))
        )
    return [Markup('<path class="line {}" d="{}"></path>').format(kind, "".join(path)), *dots]
