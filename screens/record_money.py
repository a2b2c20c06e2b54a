"""Money on the member's record: each command opens its form, filled with what the `:` line said (S10–S31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.values.dates import panama_date
from screens import money_commands as commands
from screens.base import LineEcho
from screens.dialogs.command_line import CommandLine
from screens.flow import background_flow, flow
from screens.line_words import Hand
from screens.payment_line import PAID, complete_payment, read_payment
from screens.record_actions import RecordActions
from services.errors import CoopError
from services.favourites import FavouriteRow, ListFavourites, favourites
from services.payment_options import Payable, PaymentOptions, payment_options
from widgets.command import CommandClass

if TYPE_CHECKING:
    from screens.money_form import MoneyForm


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
    async def open_payment(self, form: MoneyForm) -> None:
        """Show a payment's form over the record, and say how it ended."""
        told = await self.app.push_screen_wait(form)
        if told:
            await self.reload()
            self.say(told.text, told.severity)

    def open_paid(self, command: CommandClass, arguments: str) -> None:
        """Open the form of a word, filled as far as it was said."""
        from screens.payment import PaymentScreen

        word = command.words[0]
        said = read_payment(word, arguments, self.hand())
        if said.form is None:
            self.say(said.text, "warning")
            return
        only = PAID[word].ops if word in PAID else frozenset()
        title, cashier = command.label, self.cashier
        self.open_payment(
            PaymentScreen(self.member_id, self.rows(), said.form, title=title, only=only, cashier=cashier)
        )

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
        return super().line_echo(command, arguments)

    def line_choices(self, command: CommandClass, arguments: str) -> list[str]:
        """What completes a line about money."""
        if command in commands.BY_WORD:
            return complete_payment(command.words[0], arguments, self.hand())
        return []

    def _learn(self) -> None:
        if self.record is not None and self.record.level and not self._asked_for:
            self._asked_for = True
            self.learn_amounts()

    @background_flow
    async def learn_amounts(self) -> None:
        """Read what is due and whom the member pays often; the line that is open says it then."""
        try:
            found = await self.call(payment_options, PaymentOptions(self.member_id))
            often = await self.call(favourites, ListFavourites(self.member_id))
        except CoopError:
            return  # The line goes without; the form says why when it asks.
        self._payables, self._favourites = {payable.account_id: payable for payable in found}, often
        for screen in self.app.screen_stack:
            if isinstance(screen, CommandLine):
                screen.look_again()
