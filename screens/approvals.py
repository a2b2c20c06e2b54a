"""F4: what waits for a second person. One list, the whole request beside it, two keys an item (req. 43, C10)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from screens.approval_panels import (
    LIST_COLUMNS,
    asked_lines,
    head_text,
    list_cells,
    second_half_text,
    what_text,
    why_text,
)
from screens.base import Back, BaseScreen
from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.approval_inbox import approval_detail, pending_approvals
from services.approval_queue import PendingRow
from services.approval_rows import AlreadyDecided
from services.approval_views import ApprovalDetail, GetApproval
from services.approvals import Approve, Refuse, Withdraw, approve, refuse, withdraw
from services.errors import CoopError, DataChanged, NotFound, ReauthenticationNeeded
from services.operations import Op
from services.proposal_kinds import Effect
from services.proposals import Agree, Decline, TakeBack, agree, decline, take_back
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.plain_table import PlainTable
from widgets.text import PlainText

NOTHING = "No hay solicitudes que esperen aprobación."
NOT_READ = "La solicitud todavía no se ha leído. F5 la lee otra vez."
NOT_OWN = "Solo quien la registró puede retirarla."
OWN = "No puede rechazar una operación que usted registró; puede retirarla."
MONEY_ASKED = "¿Aprobar esta operación? El dinero se mueve."
CHANGE_ASKED = "¿Aprobar este cambio? Vale desde este momento."
CHANGED = "Cambió desde que la abrió: lo marcado con ▲ es lo nuevo. Revise y apruebe de nuevo."
REASONS = (
    Reason("datos", "Los datos no corresponden a lo pedido"),
    Reason("verificacion", "La verificación no es suficiente"),
    Reason("fondos", "Falta respaldo del origen o del motivo"),
    Reason("sospecha", "Señales de alerta"),
    Reason("otro", "Otro", needs_text=True),
)


class ApproveRequest(Command):
    """Aprueba la solicitud a la vista, tras una pregunta: el dinero se mueve, o el cambio vale desde ese momento."""

    id = "approve_request"
    label = "Aprobar"
    keys: ClassVar[tuple[str, ...]] = ("a",)
    operation = Op.APPROVAL_VIEW.value
    dangerous = True


class RefuseRequest(Command):
    """Rechaza la solicitud a la vista, con un motivo. No se puede deshacer."""

    id = "refuse_request"
    label = "Rechazar"
    keys: ClassVar[tuple[str, ...]] = ("x",)
    operation = Op.APPROVAL_VIEW.value
    dangerous = True


class WithdrawRequest(Command):
    """Retira una solicitud que usted registró. No se mueve dinero."""

    id = "withdraw_request"
    label = "Retirar"
    keys: ClassVar[tuple[str, ...]] = ("r",)
    operation = Op.APPROVAL_VIEW.value


class ReadApprovals(Command):
    """Vuelve a leer la lista y la solicitud a la vista."""

    id = "read_approvals"
    label = "Actualizar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)
    operation = Op.APPROVAL_VIEW.value
    footer = True


class ApprovalsScreen(BaseScreen[None]):
    """Supervisors decide, auditors watch, everybody else follows their own requests."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        ApproveRequest,
        RefuseRequest,
        WithdrawRequest,
        ReadApprovals,
        Back,
    )
    CSS_PATH = "approvals.tcss"
    AUTO_FOCUS = "#requests"
    HELP = (
        "Lo que espera una segunda persona, lo más antiguo primero. Con las flechas se pasa de una a otra; A y F2"
        " aprueban la que está a la vista y abren la siguiente. Lo que cambió desde que se pidió sale con ▲."
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PendingRow, ...] = ()
        self._detail: ApprovalDetail | None = None
        self._table = PlainTable(LIST_COLUMNS, id="requests")

    def compose_body(self) -> ComposeResult:
        """The list, and what stands behind the row under the cursor."""
        with Container(id="approval-panes"):
            yield self._table
            with VerticalScroll(id="approval-detail", can_focus=False):
                yield PlainText(id="head", multiline=True)
                yield PlainText(id="trouble", multiline=True)
                with Container(id="approval-columns"):
                    yield PlainText(id="what", multiline=True)
                    yield PlainText(id="why", multiline=True)

    def on_mount(self) -> None:
        """Read, and follow what others do."""
        super().on_mount()
        self.action_read_approvals()
        self.set_interval(staff_shell(self).uow.policy.approval.notice_seconds, self._by_itself)

    def on_resize(self) -> None:
        """Fit to the new width."""
        self.call_after_refresh(self._draw)

    # Reading ---------------------------------------------------------------------------------------

    @flow
    async def action_read_approvals(self) -> None:
        """F5."""
        await self._read()

    def _by_itself(self) -> None:
        if self.is_current:
            self.refresh_panels()

    @background_flow
    async def refresh_panels(self) -> None:
        """What others did meanwhile; no sign of life, and the cursor stays where it is."""
        await self._read(automatic=True)

    async def _read(self, *, at: int | None = None, automatic: bool = False) -> None:
        """Read the list. The cursor keeps its request; where that is gone, or with `at`, it goes to the one that took
        the place.
        """
        rows = await self.call(pending_approvals)
        place = self._table.cursor_row if at is None else at
        gone = all(row.request_id != self.request_id for row in rows)
        self._rows = rows
        now = self.shell.now()
        self._table.show_rows([(row.request_id, list_cells(row, now)) for row in rows])
        if rows and (at is not None or gone):
            self._table.move_cursor(row=min(place, len(rows) - 1))
        await self._open(self._table.current_key, automatic=automatic)

    @on(PlainTable.RowMarked, "#requests")
    def _moved(self, event: PlainTable.RowMarked) -> None:
        if event.key == self._table.current_key != self.request_id:
            self.hush()
            self.open_marked()

    @flow
    async def open_marked(self) -> None:
        """The request under the cursor. Keys wait for it, so that none decides what is not on the screen yet."""
        await self._open(self._table.current_key)

    async def _open(self, request_id: str | None, *, automatic: bool = False) -> None:
        detail = None
        if request_id is not None:
            try:
                detail = await self.call(approval_detail, GetApproval(request_id, automatic))
            except (AlreadyDecided, NotFound) as error:  # somebody was faster than the list
                self.say(error.user_text, "warning")
        if request_id == self._table.current_key:
            self._detail = detail
            self._draw()
            self.refresh_commands()

    @property
    def request_id(self) -> str | None:
        """The request on show."""
        return self._detail.row.request_id if self._detail is not None else None

    def _draw(self) -> None:
        detail, now = self._detail, self.shell.now()
        trouble = self.query_one("#trouble", PlainText)
        columns = max(20, self.query_one("#what").size.width)
        trouble.display = detail is None or bool(detail.trouble)
        trouble.show((f"✗ {detail.trouble}" if detail.trouble else "") if detail else NOTHING)
        self.query_one("#head", PlainText).show(head_text(detail, now) if detail else "")
        self.query_one("#what", PlainText).show(what_text(detail, columns) if detail else "")
        self.query_one("#why", PlainText).show(why_text(detail, columns) if detail else "")
        self.query_one("#approval-detail", VerticalScroll).scroll_home(animate=False)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Each letter acts on the request on show, and says why it can't."""
        if command not in (ApproveRequest, RefuseRequest, WithdrawRequest):
            return None
        if self._detail is None:
            return NOT_READ if self._rows else NOTHING
        own = self._detail.row.own
        if command is WithdrawRequest:
            return None if own else NOT_OWN
        if command is RefuseRequest:
            return OWN if own else None if self._detail.decides else self._detail.trouble
        return None if self._detail.hash else self._detail.trouble

    # Deciding --------------------------------------------------------------------------------------

    @flow
    async def action_approve_request(self) -> None:
        """A, then F2; the next request opens by itself."""
        detail = self._detail
        if detail is None:
            return
        asked = CHANGE_ASKED if detail.row.proposal else MONEY_ASKED
        if not await self.app.push_screen_wait(Confirm(asked, asked_lines(detail), accept="Aprobar")):
            return
        place = self._table.cursor_row
        try:
            done = await self._approve(detail)
        except ReauthenticationNeeded:
            raise
        except DataChanged:
            await self._read()
            self.say(CHANGED, "warning")
            return
        except CoopError:
            await self._read()
            raise
        if isinstance(done, Effect) and done.secret is not None:
            half = second_half_text(detail, done.secret.reveal())
            await self.app.push_screen_wait(Message("Segunda mitad", half, secret=True))
        await self._read_next(place)
        told = done.text if isinstance(done, Effect) else f"comprobante {done.number}."
        self.say(f"Aprobada: {told}{self._what_next()}")

    async def _approve(self, detail: ApprovalDetail) -> Receipt | Effect:
        if detail.row.proposal:
            effect: Effect = await self.call(agree, Agree(detail.row.request_id, detail.hash))
            return effect
        receipt: Receipt = await self.call(approve, Approve(detail.row.request_id, detail.hash))
        return receipt

    @flow
    async def action_refuse_request(self) -> None:
        """X: a reason, and the next request opens by itself."""
        detail = self._detail
        if detail is None:
            return
        given = await self.app.push_screen_wait(ReasonDialog("Rechazar", REASONS, summary=asked_lines(detail)))
        if given is None:
            return
        label = next(reason.label for reason in REASONS if reason.code == given.code)
        text = f"{label}: {given.text}" if given.text else label
        place = self._table.cursor_row
        if detail.row.proposal:
            await self.call(decline, Decline(detail.row.request_id, text))
        else:
            await self.call(refuse, Refuse(detail.row.request_id, text))
        await self._read_next(place)
        self.say(f"Rechazada; se avisa a {detail.row.maker}.{self._what_next()}")

    @flow
    async def action_withdraw_request(self) -> None:
        """R: one's own."""
        detail = self._detail
        if detail is None:
            return
        question = Confirm("¿Retirar esta solicitud? No cambia nada.", asked_lines(detail), accept="Retirar")
        if not await self.app.push_screen_wait(question):
            return
        place = self._table.cursor_row
        if detail.row.proposal:
            await self.call(take_back, TakeBack(detail.row.request_id))
        else:
            await self.call(withdraw, Withdraw(detail.row.request_id))
        await self._read_next(place)
        self.say("Solicitud retirada.")

    async def _read_next(self, place: int) -> None:
        await self._read(at=place)
        staff_shell(self).request_moved()

    def _what_next(self) -> str:
        return f" Esperan {len(self._rows)}." if self._rows else " No espera ninguna más."
