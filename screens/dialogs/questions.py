"""The saved questions of the audit: one's own and the shared ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

if TYPE_CHECKING:
    from services.audit_questions import Question


@dataclass(frozen=True)
class QuestionChoice:
    """What to do: `ask` its line, `drop` it, or save the line of the screen for oneself (`keep`) or all (`share`)."""

    act: Literal["ask", "drop", "keep", "share"]
    text: str = ""


class DropOne(Command):
    """Quita la consulta elegida, si es suya."""

    id = "drop_one"
    label = "Quitar"
    keys = ("delete", "q")


class KeepLine(Command):
    """Guarda para usted el filtro que está en la pantalla."""

    id = "keep_line"
    label = "Guardar"
    keys = ("g",)


class ShareLine(Command):
    """Guarda el filtro de la pantalla para todos los que leen la auditoría."""

    id = "share_line"
    label = "Compartir"
    keys = ("c",)


class QuestionsDialog(BaseModal[QuestionChoice]):
    """Answers with what to do; calls nothing itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (DropOne, KeepLine, ShareLine, Back)
    AUTO_FOCUS = "#questions"
    HELP = "Enter aplica la consulta. G guarda el filtro de la pantalla para usted, C para todos, Q quita una suya."
    DEFAULT_CSS = "QuestionsDialog #questions { height: auto; max-height: 12; }"

    def __init__(self, questions: Sequence[Question], line: str) -> None:
        super().__init__()
        self._questions, self._on_screen = tuple(questions), line
        self._table = PlainTable(
            (Column("Consulta", width=22), Column("De", width=12), Column("Filtro")), id="questions"
        )

    def compose_body(self) -> ComposeResult:
        """The questions, or that there is none."""
        with Vertical(classes="dialog"):
            yield PlainText("Consultas guardadas", classes="dialog-title")
            yield self._table
            if not self._questions:
                yield PlainText("Aún no hay ninguna.")
            yield PlainText("Enter Aplicar   G Guardar   C Compartir   Q Quitar   Esc", classes="dialog-keys")

    def on_mount(self) -> None:
        """One row a question."""
        super().on_mount()
        rows = [
            (str(at), (one.name, "usted" if one.own else one.by, one.line)) for at, one in enumerate(self._questions)
        ]
        self._table.show_rows(rows)

    @property
    def _chosen(self) -> Question | None:
        key = self._table.current_key
        return None if key is None else self._questions[int(key)]

    @on(PlainTable.RowChosen)
    def _ask(self) -> None:
        if chosen := self._chosen:
            self.dismiss(QuestionChoice("ask", chosen.line))

    def disabled_reason(self, command: CommandClass) -> str | None:
        """One drops one's own; an empty filter is no question."""
        if command is DropOne and not (self._chosen and self._chosen.own):
            return "Solo puede quitar una consulta suya."
        if command in (KeepLine, ShareLine) and not self._on_screen:
            return "El filtro está vacío: no hay consulta que guardar."
        return None

    def action_drop_one(self) -> None:
        """Q."""
        if chosen := self._chosen:
            self.dismiss(QuestionChoice("drop", chosen.name))

    def action_keep_line(self) -> None:
        """G."""
        self.dismiss(QuestionChoice("keep"))

    def action_share_line(self) -> None:
        """C."""
        self.dismiss(QuestionChoice("share"))
