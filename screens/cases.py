"""Cases and what waits with members: two lists on one screen, each one key from the other (req. 24)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date, format_datetime
from screens.base import Back, BaseScreen
from screens.flow import flow
from screens.staff_shell import staff_shell
from services.case_filter import HELP as FILTER_HELP
from services.case_filter import parse_cases
from services.case_list import CaseRow, list_cases
from services.follow_ups import AttendFollowUp, ListFollowUps, PendingFollowUp, attend_follow_up, list_follow_ups
from services.moments import short_moment
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.countdown import remaining
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NO_CASES = "Ningún caso cumple el filtro."
NO_FOLLOW_UPS = "No hay seguimientos pendientes."
ONLY_FOLLOW_UPS = "Es para los seguimientos: S los muestra."
ONLY_CASES = "El filtro es para los casos: S los muestra."


class OpenCase(Command):
    """Abre el caso, con lo que se hizo en él; de un seguimiento, la ficha del asociado."""

    id = "open_case"
    label = "Abrir"
    keys: ClassVar[tuple[str, ...]] = ("enter",)
    operation = Op.CASES_VIEW.value
    footer = True


class SwitchList(Command):
    """Pasa de los casos a los seguimientos, y vuelve."""

    id = "switch_list"
    label = "Seguimientos"
    keys: ClassVar[tuple[str, ...]] = ("s",)
    operation = Op.CASES_VIEW.value


class FilterCases(Command):
    """Filtra los casos por agente, asociado y estado."""

    id = "filter_cases"
    label = "Filtrar"
    keys: ClassVar[tuple[str, ...]] = ("f3", "/")
    operation = Op.CASES_VIEW.value
    footer = True


class AttendIt(Command):
    """Da por atendido el seguimiento a la vista: pide qué resultó."""

    id = "attend_it"
    label = "Atendido"
    keys: ClassVar[tuple[str, ...]] = ("x",)
    operation = Op.FOLLOW_UP.value


class OpenItsRecord(Command):
    """Abre la ficha del asociado."""

    id = "open_its_record"
    label = "Ficha"
    keys: ClassVar[tuple[str, ...]] = ("o",)
    operation = Op.RECORD_VIEW.value


class ReadCases(Command):
    """Vuelve a leer la lista."""

    id = "read_cases"
    label = "Actualizar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)
    operation = Op.CASES_VIEW.value


class CasesScreen(BaseScreen[None]):
    """One's own, or everybody's for who supervises or audits."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        OpenCase,
        SwitchList,
        FilterCases,
        AttendIt,
        OpenItsRecord,
        ReadCases,
        Back,
    )
    AUTO_FOCUS = "#cases"
    HELP = (
        "Cada atención es un caso: su motivo y sus acciones salen de lo que se hizo. S muestra los seguimientos: los"
        " que usted anotó y los que el programa nota por sí mismo (credencial sin usar, correo que rebotó, pago en"
        f" proceso, aprobación pendiente). {FILTER_HELP}"
    )
    DEFAULT_CSS = """
    CasesScreen #cases-title { height: 1; padding: 0 1; text-style: bold; }
    CasesScreen #cases, CasesScreen #follow-ups { height: 1fr; }
    CasesScreen #cases-detail { height: 2; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, line: str = "") -> None:
        super().__init__()
        self._line = line
        self._waiting = False
        self._cases: tuple[CaseRow, ...] = ()
        self._follow_ups: tuple[PendingFollowUp, ...] = ()
        self._case_table = PlainTable(
            (
                Column("Abierto", width=11),
                Column("Agente", width=12),
                Column("Asoc.", width=6),
                Column("Motivo", width=18),
                Column("Duró", "right", 6),
                Column("Estado", width=12),
            ),
            id="cases",
        )
        self._wait_table = PlainTable(
            (
                Column("Para el", width=12),
                Column("Asoc.", width=6),
                Column("Agente", width=12),
                Column("Seguimiento", width=40),
            ),
            id="follow-ups",
        )

    def compose_body(self) -> ComposeResult:
        """What is listed, the list, and the whole of a row."""
        yield PlainText(id="cases-title")
        yield self._case_table
        yield self._wait_table
        yield PlainText(id="cases-detail", multiline=True)

    def on_mount(self) -> None:
        """The cases, or what is due if anything is."""
        super().on_mount()
        self._wait_table.display = False
        self.action_read_cases()

    @flow
    async def action_read_cases(self) -> None:
        """F5."""
        await self._read_list()

    async def _read_list(self) -> None:
        now = self.shell.now()
        if self._waiting:
            self._follow_ups = await self.call(list_follow_ups, ListFollowUps(everybody=True))
            self._wait_table.show_rows([(row.key, follow_up_cells(row)) for row in self._follow_ups])
            due = sum(row.due for row in self._follow_ups)
            title = f"Seguimientos: {len(self._follow_ups)}, {due} para hoy o antes"
        else:
            self._cases = await self.call(list_cases, parse_cases(self._line))
            rows = [(row.time.case_id, case_cells(row, short_moment(row.time.opened_at, now))) for row in self._cases]
            self._case_table.show_rows(rows)
            title = f"Casos: {len(self._cases)}" + (f" · {self._line}" if self._line else "")
        self.query_one("#cases-title", PlainText).show(title)
        self._tell()
        self.refresh_commands()

    @on(PlainTable.RowMarked)
    def _marked(self) -> None:
        self._tell()

    def _tell(self) -> None:
        text = NO_FOLLOW_UPS if self._waiting else NO_CASES
        if (waits := self._follow_up) is not None:
            text = f"{waits.number} {waits.member} · {waits.agent}\n{waits.text}"
        elif (case := self._case) is not None:
            text = case_detail(case)
        self.query_one("#cases-detail", PlainText).show(text)

    @property
    def _case(self) -> CaseRow | None:
        key = self._case_table.current_key if not self._waiting else None
        return next((row for row in self._cases if row.time.case_id == key), None)

    @property
    def _follow_up(self) -> PendingFollowUp | None:
        key = self._wait_table.current_key if self._waiting else None
        return next((row for row in self._follow_ups if row.key == key), None)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What acts on a row needs one, of the right list."""
        if command is AttendIt and not self._waiting:
            return ONLY_FOLLOW_UPS
        if command is FilterCases and self._waiting:
            return ONLY_CASES
        if command in (AttendIt, OpenCase, OpenItsRecord) and self._case is None and self._follow_up is None:
            return NO_FOLLOW_UPS if self._waiting else NO_CASES
        return None

    # Acting ----------------------------------------------------------------------------------------

    @flow
    async def action_switch_list(self) -> None:
        """S."""
        self._waiting = not self._waiting
        self._case_table.display, self._wait_table.display = not self._waiting, self._waiting
        (self._wait_table if self._waiting else self._case_table).focus()
        await self._read_list()

    @flow
    async def action_filter_cases(self) -> None:
        """F3."""
        from screens.dialogs.ask_line import AskLine

        typed = await self.app.push_screen_wait(AskLine("Filtro", help_text=FILTER_HELP, value=self._line))
        if typed is not None:
            parse_cases(typed)
            self._line = typed.strip()
            await self._read_list()

    @on(PlainTable.RowChosen)
    async def _chosen(self) -> None:
        await self.run_command(OpenCase)

    def action_open_case(self) -> None:
        """Enter."""
        if (case := self._case) is not None:
            from screens.case_story import CaseStoryScreen

            self.app.push_screen(CaseStoryScreen(case.time.case_id))
        else:
            self.action_open_its_record()

    def action_open_its_record(self) -> None:
        """O."""
        if (member_id := self._member_id) is not None:
            staff_shell(self).open_record(member_id)

    @property
    def _member_id(self) -> int | None:
        if (case := self._case) is not None:
            return case.time.member_id
        return self._follow_up.member_id if self._follow_up is not None else None

    @flow
    async def action_attend_it(self) -> None:
        """X."""
        from screens.dialogs.ask_line import AskLine

        if (row := self._follow_up) is None:
            return
        note = await self.app.push_screen_wait(AskLine("¿Qué resultó?", help_text=f"{row.number}: {row.text}"))
        if note:
            await self.call(attend_follow_up, AttendFollowUp(row.key, row.member_id, note))
            await self._read_list()
            self.say("Atendido.")

    def on_screen_resume(self) -> None:
        """Back from a case or a record: the list may be another."""
        super().on_screen_resume()
        if self.is_mounted and (self._cases or self._follow_ups):
            self.action_read_cases()


def case_cells(row: CaseRow, opened: str) -> tuple[str, ...]:
    """A case in one line."""
    lasted = remaining(row.time.seconds).removeprefix("0") if row.time.seconds is not None else ""
    state = f"▲ {row.state}" if row.follow_ups else row.state
    return opened, row.time.agent, row.number, row.kind, lasted, state


def case_detail(row: CaseRow) -> str:
    """The whole of a case in two lines."""
    ended = f" a {format_datetime(row.time.ended_at)}" if row.time.ended_at else ", abierto"
    again = " · retoma otro caso" if row.reopens else ""
    head = f"{row.number} {row.member} · {row.channel} · {format_datetime(row.time.opened_at)}{ended}{again}"
    return f"{head}\n{row.done}"


def follow_up_cells(row: PendingFollowUp) -> tuple[str, ...]:
    """A follow-up in one line; ▲ its day has come, · the program noticed it."""
    return f"{'▲ ' if row.due else '  '}{format_date(row.due_on)}", row.number, row.agent, _text(row)


def _text(row: PendingFollowUp) -> str:
    return f"· {row.text}" if row.by_itself else row.text
