"""What the member's record can do: each act asks why, calls its use case and says what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.values.dates import format_date, panama_date
from data.values.uuid7 import uuid7
from screens import record_commands as commands
from screens.base import BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog, ReasonGiven
from screens.flow import flow
from screens.member_screen import MemberScreen
from screens.record_mends import MENDS, KeptKeys, outcome_text
from services.operations import Op
from services.reasons import reasons_for
from widgets.command import CommandClass

if TYPE_CHECKING:
    from services.account_view import AccountRow
    from services.records import Record

OTHER = "Otro motivo"
NO_ACCOUNT = "Marque primero una cuenta con las flechas."


def reason_choices(op: Op) -> list[Reason]:
    """The usual reasons of an operation, and a free one."""
    choices = [Reason(str(at), text) for at, text in enumerate(reasons_for(op))]
    return [*choices, Reason("other", OTHER, needs_text=True)]


def reason_text(op: Op, given: ReasonGiven) -> str:
    """The reason as it goes to the trail: what was picked, with the detail that was typed."""
    if given.code == "other":
        return given.text
    picked = reasons_for(op)[int(given.code)]
    return f"{picked}: {given.text}" if given.text else picked


class RecordActions(MemberScreen[None]):
    """The acts of the record. The screen itself shows; this half does."""

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self.member_id = member_id
        self.record: Record | None = None
        self._keys = KeptKeys()

    async def reload(self) -> None:
        """Read the record again, after something changed."""
        raise NotImplementedError

    def current_account(self) -> AccountRow | None:
        """The account under the cursor."""
        raise NotImplementedError

    def rows(self) -> list[AccountRow]:
        """The accounts in the order of their numbers."""
        raise NotImplementedError

    @flow
    async def mend(self, command: CommandClass, *, usual: bool = False) -> None:
        """Ask why, do it, say what happened. `usual`: the first reason stands picked already."""
        if self.record is None:
            return
        mend = MENDS[command]
        served = f"{self.record.name} · {self.record.number}"
        dialog = ReasonDialog(command.label, reason_choices(mend.op), summary=(served, mend.effect), usual=usual)
        given = await self.app.push_screen_wait(dialog)
        if given is None:
            return
        with self._keys.use(command) as key:
            result = await self.call(mend.call, mend.build(self.member_id, reason_text(mend.op, given), key))
        await self.reload()
        self.say(outcome_text(result))

    def action_activate(self) -> None:
        """A."""
        self.mend(commands.Activate, usual=True)

    def action_send_credential(self) -> None:
        """C."""
        self.mend(commands.SendCredential, usual=True)

    def action_unlock(self) -> None:
        """D."""
        self.mend(commands.Unlock, usual=True)

    def action_reset_questions(self) -> None:
        """P."""
        self.mend(commands.ResetQuestions, usual=True)

    def action_reset_image(self) -> None:
        """`:imagen`."""
        self.mend(commands.ResetImage)

    def action_reset_password(self) -> None:
        """`:contrasena`."""
        self.mend(commands.ResetPassword)

    def action_forget_devices(self) -> None:
        """`:equipos`."""
        self.mend(commands.ForgetDevices)

    def action_suspend(self) -> None:
        """`:suspender`."""
        self.mend(commands.Suspend)

    def action_resume(self) -> None:
        """`:reanudar`."""
        self.mend(commands.Resume)

    def action_close_access(self) -> None:
        """`:cerrar`."""
        self.mend(commands.CloseAccess)

    def action_unblock_verification(self) -> None:
        """From the list of other actions."""
        self.mend(commands.UnblockVerification)

    def action_lift_issue_limit(self) -> None:
        """From the list of other actions."""
        self.mend(commands.LiftIssueLimit)

    # Forms ----------------------------------------------------------------------------------------

    @flow
    async def open_form(self, form: BaseScreen[str]) -> None:
        """Show a form over the record and read the record again when it did something."""
        done = await self.app.push_screen_wait(form)
        if done:
            await self.reload()
            self.say(done)

    def action_orders_in_process(self) -> None:
        """`:ordenes`: while the member is on the line, who may agree to what a biller charged otherwise."""
        from screens.open_orders import OpenOrdersScreen

        self.app.push_screen(OpenOrdersScreen())

    def action_request_access(self) -> None:
        """`:solicitar`."""
        from screens.access_forms import RequestAccessForm

        self.open_form(RequestAccessForm(self.member_id))

    def action_change_contact(self) -> None:
        """`:contacto`."""
        from screens.access_forms import ChangeContactForm

        self.open_form(ChangeContactForm(self.member_id))

    def action_ask_supervisor(self) -> None:
        """`:pedir`."""
        from screens.ask_supervisor import AskSupervisorForm

        self.open_form(AskSupervisorForm(self.member_id))

    def action_cancel_contact(self) -> None:
        """From the list of other actions."""
        from screens.access_forms import CancelContactForm

        self.open_form(CancelContactForm(self.member_id, self.record.waiting_changes if self.record else ()))

    def action_printed_credential(self) -> None:
        """`:sobre`."""
        from screens.fallback_form import FallbackForm

        self.open_form(FallbackForm(self.member_id))

    def action_affiliate(self) -> None:
        """`:afiliar`, for the account under the cursor."""
        from screens.access_forms import AffiliateForm

        if (row := self.current_account()) is None:
            self.say(NO_ACCOUNT, "warning")
        else:
            self.open_form(AffiliateForm(self.member_id, row))

    # Accounts -------------------------------------------------------------------------------------

    def show_movements(self, row: AccountRow | None, count: int) -> None:
        """Show the movements of one account."""
        from screens.movements import MovementsScreen

        if row is None:
            self.say(NO_ACCOUNT, "warning")
        else:
            self.app.push_screen(MovementsScreen(row, count))

    # Reading --------------------------------------------------------------------------------------

    def action_notes(self) -> None:
        """N."""
        from screens.notes import NotesScreen

        self.app.push_screen(NotesScreen(self.member_id))

    def action_timeline(self) -> None:
        """H."""
        from screens.timeline import TimelineScreen

        self.app.push_screen(TimelineScreen(self.member_id))

    @flow
    async def action_follow_up(self) -> None:
        """`:seguir`."""
        from screens.dialogs.ask_line import AskLine
        from services.case_filter import FOLLOW_UP_HELP

        if typed := await self.app.push_screen_wait(AskLine("Seguimiento", help_text=FOLLOW_UP_HELP)):
            self.line_follow_up(typed)

    @flow
    async def line_follow_up(self, arguments: str) -> None:
        """`:seguir 25/11/2026 llamar`."""
        from services.case_filter import parse_follow_up
        from services.follow_ups import AddFollowUp, add_follow_up

        due_on, text = parse_follow_up(arguments, panama_date(self.shell.now()))
        await self.call(add_follow_up, AddFollowUp(uuid7(), self.member_id, due_on, text))
        await self.reload()
        self.say(f"Seguimiento anotado para el {format_date(due_on)}.")

    def action_who_looked(self) -> None:
        """`:miro`."""
        from screens.who_looked import WhoLookedScreen

        if self.record is not None:
            self.app.push_screen(WhoLookedScreen(self.record.number))

    @flow
    async def action_more(self) -> None:
        """O: what is done seldom, with the reason where it can't be done."""
        from screens.dialogs.palette import Palette

        entries = [self.entry(command) for command in commands.SELDOM]
        chosen = await self.app.push_screen_wait(Palette(entries))
        if chosen is not None:
            await self.action_command(chosen)
