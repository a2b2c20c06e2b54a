"""Money on the member's record: each command opens its form, filled with what the `:` line said (S10–S31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.values.dates import panama_date
from screens import money_commands as commands
from screens.base import LineEcho
from screens.bill_inputs import Choice
from screens.bill_line import OPS, complete_bill, read_bill
from screens.dialogs.command_line import CommandLine
from screens.flow import background_flow, flow
from screens.line_words import BillText, FormText, Hand
from screens.paid_again import bill_of_favourite, form_of_due, form_of_favourite
from screens.payment_line import PAID, complete_payment, read_payment
from screens.record_actions import RecordActions
from services.errors import CoopError
from services.favourites import FavouriteRow, ListFavourites, favourites
from services.operations import Op
from services.payment_kinds import KINDS
from services.payment_options import Payable, PaymentOptions, payment_options
from widgets.command import CommandClass

if TYPE_CHECKING:
    from screens.member_screen import MemberScreen
    from screens.money_results import Told
    from screens.pay_list import Wanted


class RecordMoney(RecordActions):
    """What the record does with money. What it knows of it for the line is read when a line is begun."""

    def __init__(self, member_id: int) -> None:
        super().__init__(member_id)
        self._payables: dict[int, Payable] | None = None
        self._favourites: tuple[FavouriteRow, ...] = ()
        self._asked_for = False

    def forget_amounts(self) -> None:
        """Something changed, or nobody stands verified: what is due is read again when it is needed."""
        self._payables, self._favourites, self._asked_for = None, (), False

    @property
    def cashier(self) -> bool:
        """Whether the role of the person at the desk takes cash."""
        return self.shell.command_reason(commands.Deposit) is None

    def hand(self) -> Hand:
        """What a line can be read against."""
        today = panama_date(self.shell.now())
        return Hand(self.rows(), self._payables, self._favourites, cash=self.cashier, today=today)

    # Forms ----------------------------------------------------------------------------------------

    @flow
    async def open_payment(self, form: MemberScreen[Told]) -> None:
        """Show a payment's form, or a list of payments, over the record, and say how it ended."""
        told = await self.app.push_screen_wait(form)
        if told:
            await self.reload()
            self.say(told.text, told.severity)

    def open_paid(self, command: CommandClass, arguments: str) -> None:
        """Open the form of a word, filled as far as it was said."""
        word = command.words[0]
        said = read_payment(word, arguments, self.hand())
        if said.form is None:
            self.say(said.text, "warning")
            return
        only = PAID[word].ops if word in PAID else frozenset()
        self._open_form(said.form, command.label, only)

    def _open_form(self, text: FormText, title: str, only: frozenset[Op] = frozenset()) -> None:
        from screens.payment import PaymentScreen

        rows, often = self.rows(), self._favourites
        self.open_payment(
            PaymentScreen(self.member_id, rows, text, title=title, only=only, cashier=self.cashier, favourites=often)
        )

    def open_bill(self, command: CommandClass, arguments: str) -> None:
        """Open a biller's form, filled as far as it was said."""
        op, text = OPS[command.words[0]], None
        if arguments:
            said = read_bill(command.words[0], arguments, self.hand())
            if said.form is None:
                self.say(said.text, "warning")
                return
            text = said.form
        self._open_bill(text or BillText(op=op))

    def _open_bill(self, text: BillText) -> None:
        from screens.bill import BillScreen

        self.open_payment(BillScreen(self.member_id, self.rows(), text, panama_date(self.shell.now())))

    def action_pay_bill(self, arguments: str = "") -> None:
        """`pg`."""
        self.open_bill(commands.PayBill, arguments)

    def action_top_up(self, arguments: str = "") -> None:
        """`rc`."""
        self.open_bill(commands.TopUp, arguments)

    line_pay_bill, line_top_up = action_pay_bill, action_top_up

    @flow
    async def action_pay(self) -> None:
        """G: what is paid often, what is due, the billers."""
        from screens.pay_list import PayList

        self._asked_for = True
        await self.read_amounts()
        payables = tuple((self._payables or {}).values())
        day = panama_date(self.shell.now())
        wanted = await self.app.push_screen_wait(PayList(self.rows(), self._favourites, payables, day))
        if wanted is not None:
            self.open_wanted(wanted)

    def open_wanted(self, wanted: Wanted) -> None:
        """The form of what was chosen, filled with what is known."""
        if isinstance(wanted, Choice):
            self._open_bill(BillText(wanted.biller.id, wanted.op))
        elif isinstance(wanted, Payable):
            row = next(row for row in self.rows() if row.account_id == wanted.account_id)
            self._open_form(form_of_due(row, wanted, self.hand()), KINDS[wanted.op].title)
        elif wanted.biller is not None:
            self._open_bill(bill_of_favourite(wanted, self.hand()))
        else:
            self._open_form(form_of_favourite(wanted, self.hand()), wanted.label)

    def action_transfer(self, arguments: str = "") -> None:
        """T, `tr`."""
        self.open_paid(commands.Transfer, arguments)

    def action_pay_plan(self, arguments: str = "") -> None:
        """`pl`."""
        self.open_paid(commands.PayPlan, arguments)

    def action_pay_contribution(self, arguments: str = "") -> None:
        """`ap`."""
        self.open_paid(commands.PayContribution, arguments)

    def action_pay_loan(self, arguments: str = "") -> None:
        """`pr`."""
        self.open_paid(commands.PayLoan, arguments)

    def action_pay_card(self, arguments: str = "") -> None:
        """`tc`."""
        self.open_paid(commands.PayCard, arguments)

    def action_pay_mobile(self, arguments: str = "") -> None:
        """`cel`."""
        self.open_paid(commands.PayMobile, arguments)

    def action_pay_insurance(self, arguments: str = "") -> None:
        """`seg`."""
        self.open_paid(commands.PayInsurance, arguments)

    def action_deposit(self, arguments: str = "") -> None:
        """`dep`."""
        self.open_paid(commands.Deposit, arguments)

    def action_withdraw(self, arguments: str = "") -> None:
        """`ret`."""
        self.open_paid(commands.Withdraw, arguments)

    line_transfer, line_pay_plan, line_pay_contribution = action_transfer, action_pay_plan, action_pay_contribution
    line_pay_loan, line_pay_card, line_pay_mobile = action_pay_loan, action_pay_card, action_pay_mobile
    line_pay_insurance, line_deposit, line_withdraw = action_pay_insurance, action_deposit, action_withdraw

    # The `:` line ---------------------------------------------------------------------------------

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        """What a line about money would do, with accounts and amounts by name."""
        if command in commands.BY_WORD and self.reason_against(command) is None:
            self._learn()
            if arguments or command is not commands.Transfer:
                said = read_payment(command.words[0], arguments, self.hand())
                return LineEcho(said.text, runnable=said.form is not None)
        elif command in commands.OUTSIDE and self.reason_against(command) is None:
            self._learn()
            if arguments:
                told = read_bill(command.words[0], arguments, self.hand())
                return LineEcho(told.text, runnable=told.form is not None)
        return super().line_echo(command, arguments)

    def line_choices(self, command: CommandClass, arguments: str) -> list[str]:
        """What completes a line about money."""
        if command in commands.BY_WORD:
            return complete_payment(command.words[0], arguments, self.hand())
        if command in commands.OUTSIDE:
            return complete_bill(command.words[0], arguments, self.hand())
        return []

    def _learn(self) -> None:
        if self.record is not None and self.record.level and not self._asked_for:
            self._asked_for = True
            self.learn_amounts()

    @background_flow
    async def learn_amounts(self) -> None:
        """Read what is due and whom the member pays often; the line that is open says it then."""
        try:
            await self.read_amounts()
        except CoopError:
            return  # The line goes without; the form says why when it asks.
        for screen in self.app.screen_stack:
            if isinstance(screen, CommandLine):
                screen.look_again()

    async def read_amounts(self) -> None:
        """What is due, and whom the member pays often. Raises what the services raise."""
        found = await self.call(payment_options, PaymentOptions(self.member_id))
        often = await self.call(favourites, ListFavourites(self.member_id))
        self._payables, self._favourites = {payable.account_id: payable for payable in found}, often
