"""The access "X-ray": each stage with glyph, word, time and who did it; nothing is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rich.text import Text

from widgets.text import PlainText, joined, padded, safe


class StageState(StrEnum):
    """Where a stage stands."""

    DONE = "done"
    UNDER_WAY = "under_way"
    OPEN = "open"
    FAILED = "failed"


_MARKS = {
    StageState.DONE: ("●", ""),
    StageState.UNDER_WAY: ("◐", "bold"),
    StageState.OPEN: ("○", "dim"),
    StageState.FAILED: ("✗", "bold"),
}
_UNKNOWN_WIDTH = 74


@dataclass(frozen=True)
class Stage:
    """One stage of the first access. `when`: as it is shown; `by`: user, route or note."""

    name: str
    state: StageState
    when: str = ""
    by: str = ""

    @property
    def told(self) -> bool:
        """There is something to say about it: it gets a line of its own."""
        return bool(self.when or self.by)


class StageList(PlainText):
    """The stages in their order: one a line where something can be told, the others side by side; then the
    next step.
    """

    DEFAULT_CSS = "StageList { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(multiline=True, id=id, classes=classes)
        self._stages: tuple[Stage, ...] = ()
        self._next_step = ""

    def show_stages(self, stages: Sequence[Stage], next_step: str = "") -> None:
        """Replace the stages. `next_step`: what is missing and the key that mends it."""
        self._stages, self._next_step = tuple(stages), next_step
        self._redraw()

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._redraw()

    def _redraw(self) -> None:
        self.show(Text("\n").join(stage_lines(self._stages, self._next_step, self.size.width or _UNKNOWN_WIDTH)))


def stage_lines(stages: Sequence[Stage], next_step: str, columns: int) -> list[Text]:
    """Return the list's lines; a stage and its glyph are never parted."""
    width = max((len(stage.name) for stage in stages if stage.told), default=0)
    lines: list[Text] = []
    for told, run in groupby(stages, key=lambda stage: stage.told):
        group = list(run)
        lines += [_stage_line(stage, width) for stage in group] if told else _side_by_side(group, columns)
    if next_step:
        lines.append(joined("→ ", safe(next_step, "bold")))
    return lines


def _side_by_side(stages: Sequence[Stage], columns: int) -> list[Text]:
    lines = [Text()]
    for stage in stages:
        part = _marked(stage, len(stage.name))
        if lines[-1] and lines[-1].cell_len + 2 + part.cell_len > columns:
            lines.append(Text())
        lines[-1].append("  " if lines[-1] else "").append_text(part)
    return lines


def _marked(stage: Stage, width: int) -> Text:
    glyph, style = _MARKS[stage.state]
    return Text().append(f"{glyph} ", style).append_text(padded(stage.name, width, style))


def _stage_line(stage: Stage, width: int) -> Text:
    line = _marked(stage, width)
    for part in (stage.when, stage.by):
        if part:
            line.append("  ").append_text(safe(part))
    return line
