"""Who is signed in where, and ending a session at once (req. 14)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from data.values.dates import format_time
from screens.base import Back, BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.operations import Op
from services.reasons import reasons_for
from services.staff_live import EndSession, LiveRow, LookAtSessions, end_live_session, live_sessions
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable

NOBODY = "No hay sesiones abiertas."
OWN = "Es su propia sesión: ciérrela con :salir."
OTHER = Reason("otro", "Otro", needs_text=True)


class EndSessionNow(Command):
    """Cierra la sesión de la fila: su pantalla vuelve al ingreso y no se guarda lo que no confirmó."""

    id = "end_session_now"
    label = "Cerrar sesión"
    keys = ("x",)
    operation = Op.STAFF_END_SESSION.value
    dangerous = True


class ReadSessions(Command):
    """Vuelve a leer la lista."""

    id = "read_sessions"
    label = "Actualizar"
    keys = ("f5",)
    operation = Op.STAFF_VIEW.value
    footer = True


class LiveSessions(BaseScreen[None]):
    """Supervisors and administrators end sessions here; auditors look."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (EndSessionNow, ReadSessions, Back)
    CSS_PATH = "staff_list.tcss"
    AUTO_FOCUS = "#people"
    HELP = "Las sesiones abiertas en este momento. X cierra la de la fila, con un motivo; la lista se lee sola."

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[LiveRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Usuario", width=13),
                Column("Estado", width=10),
                Column("Terminal", width=12),
                Column("Suc.", width=4),
                Column("Canal", width=9),
                Column("Desde", width=8),
                Column("Activa", width=8),
                Column("Roles", width=22),
            ),
            id="people",
        )

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield self._table

    def on_mount(self) -> None:
        """Read it, and follow it."""
        super().on_mount()
        self.action_read_sessions()
        self.set_interval(staff_shell(self).uow.policy.approval.notice_seconds, self._by_itself)

    def _by_itself(self) -> None:
        if self.is_current:
            self.refresh_panels()

    @flow
    async def action_read_sessions(self) -> None:
        """F5."""
        await self._read()

    @background_flow
    async def refresh_panels(self) -> None:
        """What happened meanwhile; no sign of life."""
        await self._read(automatic=True)

    async def _read(self, *, automatic: bool = False) -> None:
        self._rows = await self.call(live_sessions, LookAtSessions(automatic))
        self._table.show_rows([(row.name, _cells(row)) for row in self._rows])
        self.refresh_commands()

    def _current(self) -> LiveRow | None:
        key = self._table.current_key
        return next((row for row in self._rows if row.name == key), None)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Not one's own, and nothing where nobody is."""
        if command is not EndSessionNow:
            return None
        row = self._current()
        return NOBODY if row is None else OWN if row.own else None

    @flow
    async def action_end_session_now(self) -> None:
        """X."""
        row = self._current()
        if row is None:
            return
        texts = reasons_for(Op.STAFF_END_SESSION)
        offered = [*(Reason(str(at), text) for at, text in enumerate(texts)), OTHER]
        summary = (f"{row.full_name} · {row.username} · {row.terminal}", "Su pantalla vuelve al ingreso ahora.")
        given = await self.app.push_screen_wait(ReasonDialog("Cerrar su sesión", offered, summary=summary))
        if given is None:
            return
        label = next(reason.label for reason in offered if reason.code == given.code)
        reason = f"{label}: {given.text}" if given.text else label
        username = await self.call(end_live_session, EndSession(row.name, reason))
        await self._read()
        self.say(f"La sesión de {username} terminó.")


def _cells(row: LiveRow) -> tuple[str, ...]:
    name = f"{row.username} (usted)" if row.own else row.username
    times = (format_time(row.started_at), format_time(row.last_seen_at))
    return name, row.state, row.terminal, row.branch, row.channel, *times, row.roles
