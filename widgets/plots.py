"""Plots in characters: bars that lie and columns that stand, in eighths of a cell, with their figures beside them.

Whole numbers only. Nothing is told by colour; a value above zero shows at least the thinnest stroke.
"""

from __future__ import annotations

from collections.abc import Sequence

ACROSS = " ▏▎▍▌▋▊▉█"
UPWARDS = " ▁▂▃▄▅▆▇█"
EIGHTHS = 8


def bar_lines(points: Sequence[tuple[str, int]], said: Sequence[str], width: int) -> list[str]:
    """A line a point: label, bar, figure; no wider than `width`. Values below zero count as nothing."""
    if not points:
        return []
    figure = max(len(text) for text in said)
    name = min(max(len(label) for label, _ in points), max(8, width // 3))
    room = max(4, width - name - figure - 2)
    most = max(value for _, value in points)
    lines = []
    for (label, value), text in zip(points, said, strict=True):
        shown = label if len(label) <= name else f"{label[: name - 1]}…"
        lines.append(f"{shown:<{name}} {_stroke(value, most, room, ACROSS):<{room}} {text:>{figure}}".rstrip())
    return lines


def column_lines(points: Sequence[tuple[str, int]], width: int, height: int = 6) -> list[str]:
    """Columns side by side over their labels; the highest figure stands at the top of the scale. Points that don't fit
    into the width are put together, neighbour with neighbour, and their label is the first one's."""
    if not points:
        return []
    most_text = f"{max(value for _, value in points):,}"
    grouped = _fitted(points, width - len(most_text) - 2)
    most = max(value for _, value in grouped)
    scale = f"{most:,}"
    cell = max(len(label) for label, _ in grouped)
    columns = [_stroke(value, most, height, UPWARDS) for _, value in grouped]
    lines = []
    for level in range(height - 1, -1, -1):
        left = scale if level == height - 1 else "0" if level == 0 else ""
        signs = (column[level] if level < len(column) else " " for column in columns)
        lines.append(f"{left:>{len(scale)}}│{' '.join(sign * cell for sign in signs)}".rstrip())
    labels = " ".join(f"{label:<{cell}}" for label, _ in grouped)
    return [*lines, f"{'':>{len(scale)}}└{labels}".rstrip()]


def _fitted(points: Sequence[tuple[str, int]], room: int) -> list[tuple[str, int]]:
    size = max(len(label) for label, _ in points) + 1
    together = max(1, -(-len(points) * size // max(size, room)))
    groups = [points[start : start + together] for start in range(0, len(points), together)]
    return [(group[0][0], sum(value for _, value in group)) for group in groups]


def _stroke(value: int, most: int, room: int, signs: str) -> str:
    """`room` cells for the highest value, in eighths."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, value * room * EIGHTHS // most)
    whole, rest = divmod(eighths, EIGHTHS)
    return signs[-1] * whole + (signs[rest] if rest else "")
