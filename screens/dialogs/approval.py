"""More than the operator may alone: a supervisor signs here, or it goes to the queue (req. 42).

`answer = await ask_approval(screen, command, prepared)` from a flow of a form that shows its review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal, BaseScreen
from screens.dialogs.second_person import SecondPersonDialog
from services.approval_kinds import Confirm
from services.approval_rules import ShareTooSmall
from services.approvals import RequestApproval, confirm_with_second_person, request_approval
from services.errors import InvalidInput, NotPermitted, SecondFactorNeeded, SecondPersonNeeded, SignInRefused
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import ReasonInput
from widgets.numbered_list import NumberedLine, NumberedList
from widgets.text import PlainText

Way = Literal["here", "queue"]
WAYS = (
    NumberedLine("Aquí: un supervisor firma en este puesto"),
    NumberedLine("A la cola: la decide un supervisor desde su puesto"),
)
SHOWN = ("Desde", "Hacia", "Titular", "Monto")
ABOUT_PERSON = (SignInRefused, SecondFactorNeeded, SecondPersonNeeded, ShareTooSmall, NotPermitted)


class Reviewed(Protocol):
    """What a prepare answered: its lines, and why a second person must approve."""

    @property
    def summary(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def approval(self) -> tuple[str, ...]: ...


async def ask_approval(screen: BaseScreen[Any], command: Confirm, prepared: Reviewed) -> Receipt | str | None:
    """Ask where the second person is. Answers the receipt when one signed here and it was applied, the request's id
    when it waits in the queue, None when the question was left and nothing happened.

    What is wrong with the second person or the note is told in the dialog and asked again. Raises the rest:
    DataChanged, CodeNeeded, InsufficientFunds, VerificationNeeded, …; after StoreUnavailable ask with the same key.
    """
    error = note = ""
    while True:
        choice = await screen.app.push_screen_wait(ApprovalDialog(prepared.approval, note=note, error=error))
        if choice is None:
            return None
        if choice.way == "here":
            receipt = await _sign_here(screen, command, prepared)
            if receipt is not None:
                return receipt
            error = ""
            continue
        note = choice.note
        try:
            requested = await screen.call(request_approval, RequestApproval(command, note))
        except InvalidInput as refused:
            if refused.field != "note":
                raise
            error = refused.user_text
        else:
            return requested.request_id


async def _sign_here(screen: BaseScreen[Any], command: Confirm, prepared: Reviewed) -> Receipt | None:
    lines = [f"{label}: {value}" for label, value in prepared.summary if label in SHOWN]
    username = error = ""
    while True:
        dialog = SecondPersonDialog("Firma de la segunda persona", lines, username=username, error=error)
        signed = await screen.app.push_screen_wait(dialog)
        if signed is None:
            return None
        username = signed.username
        try:
            receipt: Receipt = await screen.shell.call(
                confirm_with_second_person, command, signed.username, signed.password, signed.code
            )
        except ABOUT_PERSON as refused:
            error = refused.user_text
        else:
            return receipt


@dataclass(frozen=True)
class Choice:
    """The answer. `note`: for who decides, where it goes to the queue."""

    way: Way
    note: str = ""


class SendToQueue(Command):
    """La deja en la cola con el motivo escrito."""

    id = "accept"
    label = "Dejar en la cola"
    keys = ("f2",)


class ApprovalDialog(BaseModal[Choice]):
    """Says why, and asks «aquí» or «a la cola», with a note for who decides."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (SendToQueue, Back)
    AUTO_FOCUS = "#ways"
    HELP = (
        "Esta operación pasa lo que usted puede solo. Con 1 un supervisor firma en este puesto; con 2 queda en la cola"
        " y la decide desde el suyo. Nada se mueve hasta entonces."
    )

    def __init__(self, reasons: Sequence[str], *, note: str = "", error: str = "") -> None:
        super().__init__()
        self._reasons, self._error = tuple(reasons), error
        self._ways = NumberedList(id="ways", help_text=self.HELP)
        self._note: Field[str] = Field("Motivo", ReasonInput(id="note", value=note), id="f-note")

    def compose_body(self) -> ComposeResult:
        """The reasons, the two ways, the note."""
        with Vertical(classes="dialog"):
            yield PlainText("Requiere la aprobación de un supervisor", classes="dialog-title")
            for reason in self._reasons:
                yield PlainText(f"▲ {reason}")
            yield self._ways
            yield self._note
            yield PlainText("1 Aquí   2 A la cola   F2 Dejar en la cola   Esc Cancelar", classes="dialog-keys")

    def on_mount(self) -> None:
        """The ways; after a complaint, the note that is to be mended."""
        self._ways.show_lines(WAYS, 0)
        if self._error:
            self._note.show_error(self._error)
            self._note.input.focus()

    def pending_work(self) -> str:
        """The note."""
        return "el motivo escrito" if self._note.text else ""

    @on(NumberedList.Picked, "#ways")
    def _picked(self, event: NumberedList.Picked) -> None:
        if event.at == 0:
            self.dismiss(Choice("here"))
        else:
            self._note.input.focus()

    @on(Input.Submitted, "#note")
    def _noted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        """F2: into the queue."""
        if check_fields([self._note]):
            self.dismiss(Choice("queue", self._note.given))
