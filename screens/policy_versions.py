"""The versions of the policy, and what each changed: before → after in words (req. 48)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.flow import flow
from screens.layout import labelled
from services.operations import Op
from services.policy_versions import Compare, VersionRow, ViewPolicy, compare_policies, view_policy
from widgets.command import Command, CommandClass
from widgets.plain_table import PAGE_ROWS, Column, PlainTable
from widgets.text import PlainText

FIRST = "Es la primera versión del almacén."
SAME = "Dice lo mismo que la anterior."


class ReadVersions(Command):
    """Vuelve a leer las versiones."""

    id = "read_versions"
    label = "Actualizar"
    keys = ("f5",)
    operation = Op.POLICY_VIEW.value
    footer = True


class PolicyVersions(BaseScreen[None]):
    """Newest first; beneath, what the marked one changed."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ReadVersions, Back)
    CSS_PATH = "policy.tcss"
    AUTO_FOCUS = "#versions"
    HELP = "Las versiones de la política, la última arriba. Debajo, qué cambió en la que está marcada, antes → después."

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[VersionRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Versión", width=14),
                Column("Estado", width=9),
                Column("Vale desde", width=16),
                Column("Propuso", width=12),
                Column("Aprobó", width=12),
                Column("Huella", width=12),
            ),
            id="versions",
        )

    def compose_body(self) -> ComposeResult:
        """The list and the difference."""
        yield self._table
        with VerticalScroll(id="difference"):
            yield PlainText(id="difference-text", multiline=True)

    def on_mount(self) -> None:
        """Read them."""
        super().on_mount()
        self.action_read_versions()

    @flow
    async def action_read_versions(self) -> None:
        """F5."""
        self._rows = (await self.call(view_policy, ViewPolicy())).versions[:PAGE_ROWS]
        self._table.show_rows([(str(row.version_id), _cells(row)) for row in self._rows])
        await self._compare()

    @on(PlainTable.RowMarked, "#versions")
    def _moved(self) -> None:
        self.show_difference()

    @flow
    async def show_difference(self) -> None:
        """Of the marked version with the one before it."""
        await self._compare()

    async def _compare(self) -> None:
        key = self._table.current_key
        at = next((at for at, row in enumerate(self._rows) if str(row.version_id) == key), None)
        if at is None:
            return
        row, shown = self._rows[at], self.query_one("#difference-text", PlainText)
        lines = [("Motivo", row.reason), ("Origen", row.source), ("SHA-256", row.sha256)]
        if at + 1 == len(self._rows):
            lines.append(("Cambios", FIRST))
        else:
            changes = await self.call(compare_policies, Compare(self._rows[at + 1].version_id, row.version_id))
            lines += [(label, f"{before} → {after}") for label, before, after in changes] or [("Cambios", SAME)]
        if self._table.current_key == key:
            shown.show(labelled(lines, max(40, self.size.width - 4)))


def _cells(row: VersionRow) -> tuple[str, ...]:
    moment = format_datetime(row.from_at)
    return row.name, row.state, moment, row.proposed_by or "—", row.approved_by or "—", row.sha256[:12]
