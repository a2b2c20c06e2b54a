"""The register of rights over personal data: what waits, until when, and what was done (req. 54)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.dates import format_date, format_datetime, panama_date, parse_date
from screens.base import Back, BaseScreen
from screens.dialogs.ask_line import AskLine
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import flow
from screens.record_mends import KeptKeys
from screens.register_commands import AttendOne, CloseOne, HandOver, NewRequest, ReadRegister, ShowClosed
from screens.staff_shell import staff_shell
from services.member_export import GIVES_DATA, ExportMemberData, export_member_data
from services.operations import Op
from services.privacy_requests import (
    KIND_LABELS,
    OUTCOMES,
    AttendRequest,
    CloseRequest,
    ListRequests,
    RegisterRequest,
    RequestKind,
    RequestRow,
    attend_request,
    close_request,
    due_text,
    list_requests,
    register_request,
)
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NO_LIST = "Su rol registra solicitudes con N; supervisores y cumplimiento las atienden."
FORMATS = {"json": "JSON, un archivo", "csv": "CSV, un archivo por sección en un ZIP"}


class PrivacyScreen(BaseScreen[None]):
    """What is due first stands first."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        NewRequest,
        AttendOne,
        CloseOne,
        HandOver,
        ShowClosed,
        ReadRegister,
        Back,
    )
    AUTO_FOCUS = "#requests"
    HELP = (
        "Solicitudes sobre datos personales (Ley 81): se responden en 10 días hábiles. N registra, T anota cómo va,"
        " C cierra con su motivo, X guarda los datos para entregarlos. Nada de lo registrado cambia."
    )
    DEFAULT_CSS = """
    PrivacyScreen #requests-head { height: 1; padding: 0 1; text-style: bold; }
    PrivacyScreen #requests { max-height: 50%; }
    PrivacyScreen #request-pane { padding: 1 1 0 1; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[RequestRow, ...] = ()
        self._all = False
        self._keys = KeptKeys()
        self._table = PlainTable(
            (
                Column("Vence", width=10),
                Column("Plazo", width=25),
                Column("Derecho", width=13),
                Column("Asoc.", width=7),
                Column("Titular", width=14),
            ),
            id="requests",
        )

    def compose_body(self) -> ComposeResult:
        """How many, the list, the whole of the one under the cursor."""
        yield PlainText(id="requests-head")
        yield self._table
        with VerticalScroll(id="request-pane", can_focus=False):
            yield PlainText(id="request", multiline=True)

    def on_mount(self) -> None:
        """What waits."""
        super().on_mount()
        self.read()

    @property
    def _sees(self) -> bool:
        shell = staff_shell(self)
        return bool(shell.uow.policy.operations[Op.PRIVACY_VIEW].roles & shell.operator.roles)

    @flow
    async def read(self) -> None:
        """Read the register."""
        await self._reload()

    async def _reload(self) -> None:
        if not self._sees:
            self.query_one("#requests-head", PlainText).show("Solicitudes sobre datos personales")
            self.query_one("#request", PlainText).show(NO_LIST)
            return
        self._rows = await self.call(list_requests, ListRequests(self._all))
        late = sum(row.late and row.days_left is not None for row in self._rows)
        head = f"Solicitudes sobre datos personales · {len(self._rows)}{f' · {late} vencidas' if late else ''}"
        self.query_one("#requests-head", PlainText).show(head + (" · también las cerradas" if self._all else ""))
        self._table.show_rows([(row.request_id, request_cells(row)) for row in self._rows])
        self._detail()
        self.refresh_commands()

    @property
    def _row(self) -> RequestRow | None:
        return next((row for row in self._rows if row.request_id == self._table.current_key), None)

    @on(PlainTable.RowMarked, "#requests")
    def _detail(self) -> None:
        row = self._row
        self.query_one("#request", PlainText).show(request_text(row) if row else "No hay solicitudes que esperen.")
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What is closed stays as it is; data go out for two of the rights."""
        if command in (ShowClosed, ReadRegister) and not self._sees:
            return NO_LIST
        if command not in (AttendOne, CloseOne, HandOver):
            return None
        if (row := self._row) is None:
            return "No hay una solicitud elegida."
        if row.days_left is None:
            return "Esa solicitud ya está cerrada."
        if command is HandOver and row.kind not in GIVES_DATA:
            return "Los datos se entregan por una solicitud de acceso o de portabilidad."
        return None

    def action_read_register(self) -> None:
        """F5."""
        self.read()

    def action_show_closed(self) -> None:
        """A."""
        self._all = not self._all
        self.read()

    @flow
    async def action_new_request(self) -> None:
        """N."""
        number = await self.app.push_screen_wait(
            AskLine("Número de asociado o cliente", help_text="De quien pide, ya identificado.", longest=12)
        )
        if not number:
            return
        kinds = [Reason(kind.value, label, needs_text=True) for kind, label in KIND_LABELS.items()]
        summary = (f"Asociado {number}", "En el detalle, lo que pide con sus palabras.")
        given = await self.app.push_screen_wait(ReasonDialog("Solicitud sobre sus datos", kinds, summary=summary))
        if given is None:
            return
        today = format_date(panama_date(self.shell.now()))
        typed = await self.app.push_screen_wait(
            AskLine(
                "Fecha en que se recibió", help_text="dd/mm/aaaa; desde el día siguiente corre el plazo.", value=today
            )
        )
        if not typed:
            return
        received = parse_date(typed)
        with self._keys.use((number, given.code, given.text, received)) as key:
            row = await self.call(
                register_request, RegisterRequest(key, number, RequestKind(given.code), given.text, received)
            )
        await self._reload()
        self.say(f"Registrada: {KIND_LABELS[row.kind]} de {row.number}, responder hasta el {due_text(row)}.")

    @flow
    async def action_attend_one(self) -> None:
        """T."""
        if (row := self._row) is None:
            return
        help_text = "Queda en el registro y en la auditoría, sin datos personales."
        if note := await self.app.push_screen_wait(AskLine("Cómo va", help_text=help_text)):
            await self.call(attend_request, AttendRequest(row.request_id, note))
            await self._reload()

    @flow
    async def action_close_one(self) -> None:
        """C."""
        if (row := self._row) is None:
            return
        outcomes = [Reason(code, label, needs_text=True) for code, label in OUTCOMES.items()]
        summary = (f"{KIND_LABELS[row.kind]} de {row.number} {row.holder}", f"Vence {due_text(row)}")
        given = await self.app.push_screen_wait(ReasonDialog("Cerrar la solicitud", outcomes, summary=summary))
        if given is not None:
            done = await self.call(close_request, CloseRequest(row.request_id, given.code, given.text))
            await self._reload()
            self.say(f"Cerrada: {OUTCOMES[given.code]}, {done.clock}.")

    @flow
    async def action_hand_over(self) -> None:
        """X."""
        if (row := self._row) is None:
            return
        kinds = [Reason(code, label) for code, label in FORMATS.items()]
        summary = (f"{KIND_LABELS[row.kind]} de {row.number} {row.holder}", "El archivo lleva todos sus datos.")
        given = await self.app.push_screen_wait(ReasonDialog("Entregar datos", kinds, summary=summary, usual=True))
        if given is not None:
            folder = staff_shell(self).receipts_folder
            done = await self.call(export_member_data, ExportMemberData(row.request_id, given.code, folder))
            await self._reload()
            self.say(f"Guardado {done.path.name} · huella {done.sha256[:16]}… · {folder}")


def request_cells(row: RequestRow) -> tuple[str, str, str, str, str]:
    """A request in one line."""
    mark = "! " if row.late and row.days_left is not None else ""
    return format_date(row.due_on), f"{mark}{row.clock}", KIND_LABELS[row.kind], row.number, row.holder


def request_text(row: RequestRow) -> str:
    """The whole of it, with its steps."""
    steps = (f"{format_datetime(step.at)}  {step.by:<12} {step.text}" for step in row.steps)
    return "\n".join(
        (
            f"{KIND_LABELS[row.kind]} · recibida el {format_date(row.received_on)} · vence {due_text(row)}",
            f"Pide: {row.asked}",
            "",
            *steps,
        )
    )
