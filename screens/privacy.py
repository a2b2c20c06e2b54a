"""The register of rights over personal data: what waits, until when, and what was done (req. 54)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from data.values.dates import format_date, format_datetime, panama_date, parse_date
from screens.base import Back
from screens.dialogs.ask_line import AskLine
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import flow
from screens.register import RegisterScreen
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
from widgets.plain_table import Column
from widgets.text import PlainText

NO_LIST = "Su rol registra solicitudes con N; supervisores y cumplimiento las atienden."
FORMATS = {"json": "JSON, un archivo", "csv": "CSV, un archivo por sección en un ZIP"}


class PrivacyScreen(RegisterScreen[RequestRow]):
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
    HELP = (
        "Solicitudes sobre datos personales (Ley 81): se responden en 10 días hábiles. N registra, T anota cómo va,"
        " C cierra con su motivo, X guarda los datos para entregarlos. Nada de lo registrado cambia."
    )
    NOTHING = "No hay solicitudes que esperen."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Vence", width=10),
        Column("Plazo", width=25),
        Column("Derecho", width=13),
        Column("Asoc.", width=7),
        Column("Titular", width=14),
    )

    @property
    def _sees(self) -> bool:
        shell = staff_shell(self)
        return bool(shell.uow.policy.operations[Op.PRIVACY_VIEW].roles & shell.operator.roles)

    async def reload(self) -> None:
        """Who only registers sees no list."""
        if self._sees:
            await super().reload()
            return
        self.query_one("#register-head", PlainText).show("Solicitudes sobre datos personales")
        self.query_one("#register-whole", PlainText).show(NO_LIST)

    async def read_rows(self, closed_too: bool) -> list[tuple[str, RequestRow]]:
        """The register."""
        return [(row.request_id, row) for row in await self.call(list_requests, ListRequests(closed_too))]

    def head(self, rows: Sequence[RequestRow]) -> str:
        """How many, and how many of them are late."""
        late = sum(row.late and row.days_left is not None for row in rows)
        return f"Solicitudes sobre datos personales · {len(rows)}{f' · {late} vencidas' if late else ''}"

    def cells(self, row: RequestRow) -> tuple[str, ...]:
        """Until when, how long, what, whose."""
        return request_cells(row)

    def whole(self, row: RequestRow) -> str:
        """The whole of it."""
        return request_text(row)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What is closed stays as it is; data go out for two of the rights."""
        if command in (ShowClosed, ReadRegister) and not self._sees:
            return NO_LIST
        if command not in (AttendOne, CloseOne, HandOver):
            return None
        if (row := self.row) is None:
            return "No hay una solicitud elegida."
        if row.days_left is None:
            return "Esa solicitud ya está cerrada."
        if command is HandOver and row.kind not in GIVES_DATA:
            return "Los datos se entregan por una solicitud de acceso o de portabilidad."
        return None

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
        await self.reload()
        self.say(f"Registrada: {KIND_LABELS[row.kind]} de {row.number}, responder hasta el {due_text(row)}.")

    @flow
    async def action_attend_one(self) -> None:
        """T."""
        if (row := self.row) is None:
            return
        help_text = "Queda en el registro y en la auditoría, sin datos personales."
        if note := await self.app.push_screen_wait(AskLine("Cómo va", help_text=help_text)):
            await self.call(attend_request, AttendRequest(row.request_id, note))
            await self.reload()

    @flow
    async def action_close_one(self) -> None:
        """C."""
        if (row := self.row) is None:
            return
        outcomes = [Reason(code, label, needs_text=True) for code, label in OUTCOMES.items()]
        summary = (f"{KIND_LABELS[row.kind]} de {row.number} {row.holder}", f"Vence {due_text(row)}")
        given = await self.app.push_screen_wait(ReasonDialog("Cerrar la solicitud", outcomes, summary=summary))
        if given is not None:
            done = await self.call(close_request, CloseRequest(row.request_id, given.code, given.text))
            await self.reload()
            self.say(f"Cerrada: {OUTCOMES[given.code]}, {done.clock}.")

    @flow
    async def action_hand_over(self) -> None:
        """X."""
        if (row := self.row) is None:
            return
        kinds = [Reason(code, label) for code, label in FORMATS.items()]
        summary = (f"{KIND_LABELS[row.kind]} de {row.number} {row.holder}", "El archivo lleva todos sus datos.")
        given = await self.app.push_screen_wait(ReasonDialog("Entregar datos", kinds, summary=summary, usual=True))
        if given is not None:
            folder = staff_shell(self).receipts_folder
            done = await self.call(export_member_data, ExportMemberData(row.request_id, given.code, folder))
            await self.reload()
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
