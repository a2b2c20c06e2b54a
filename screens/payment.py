"""Every payment inside the cooperative: transfers, quotas, loans, cards, its own services, cash (S10–S17).

Which kind it is follows from the destination and whose it is; the person only says from where, to where, how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from screens.flow import flow
from screens.line_words import FormText
from screens.money_panels import AccountList, TargetNote
from screens.payment_code import CodedForm
from screens.payment_inputs import AmountInput, SideInput, cash_side
from screens.payment_next import PaymentNext
from services.account_view import AccountRow
from services.cash_marks import FUNDS_LENGTH, FUNDS_NEEDED
from services.drawers import my_drawer
from services.errors import CoopError, VerificationNeeded
from services.favourites import FavouriteRow
from services.one_time_codes import Destination
from services.operations import Op
from services.payees import FindPayees, Payee, find_payees
from services.payment_codes import SendPaymentCode
from services.payment_entry import MEMO_LENGTH
from services.payment_kinds import KINDS, op_between
from services.payment_options import Option, Payable, PaymentOptions, payment_options
from services.payments import ConfirmPayment, Prepared, PreparePayment, confirm, prepare
from services.receipts import Receipt
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.numbered_list import NumberedLine, NumberedList

ACCOUNTS = "Cuentas"


class PaymentScreen(PaymentNext, CodedForm):
    """Origin, destination, amount, memo. The destination is an own account, cash, or somebody else's."""

    AUTO_FOCUS = "#source"
    WHAT = "del pago"
    FIELDS: ClassVar[dict[str, str]] = {
        "from_account": "source",
        "to_account": "target",
        "amount": "amount",
        "memo": "memo",
        "funds": "amount",
    }
    HELP = (
        "Escriba el número de la cuenta de origen, el de destino y el monto. Para otra persona, en el destino va su"
        " cuenta, su número de asociado (50233) o asociado y cuenta (50233/1). En el monto sirve una palabra de la"
        " lista (cuota, minimo, total) o las flechas. Enter en el último campo muestra la revisión; Enter otra vez la"
        " aplica."
    )

    def __init__(
        self,
        member_id: int,
        rows: Sequence[AccountRow],
        text: FormText,
        *,
        title: str = "Transferir",
        only: frozenset[Op] = frozenset(),
        cashier: bool = False,
        favourites: Sequence[FavouriteRow] = (),
    ) -> None:
        """`only`: the kinds that are meant, where the person said so; of somebody else's accounts only these.
        `cashier`: the person at the desk may have a drawer. `favourites`: what `f1` names as destination."""
        super().__init__(member_id, title)
        self.text, self.only, self.cashier = text, only, cashier
        self._from, self._to = SideInput(rows, id="source"), SideInput(rows, favourites, foreign=True, id="target")
        self._how_much = AmountInput(self.usual_amounts, id="amount")
        self.source = Field("Origen", self._from)
        self.target = Field("Destino", self._to)
        self.amount = Field("Monto", self._how_much)
        self.memo = Field("Detalle", TextInput(id="memo", max_length=MEMO_LENGTH), required=False)
        self.funds = Field("Fondos", TextInput(id="funds", max_length=FUNDS_LENGTH, help_text=FUNDS_NEEDED))
        self._accounts = AccountList(rows, id="account-list")
        self._note = TargetNote(id="target-note")
        self._choice = NumberedList(id="payees", help_text="Elija por número a cuál de sus cuentas se paga.")
        self._payees: tuple[Payee, ...] = ()
        self._payables: dict[int, Payable] = {}

    def fields(self) -> Sequence[Field[Any]]:
        """In the order of the keys."""
        return (self.source, self.target, self.amount, self.memo)

    def beside(self) -> Sequence[Widget]:
        """What the destination is and whose of several is meant, above the accounts by number: those may be many."""
        return (self._note, self._choice, self._accounts)

    def beside_title(self) -> str:
        """The accounts."""
        return ACCOUNTS

    def review_title(self) -> str:
        """The kind that it is."""
        return KINDS[self.asked.op].title if self.asked is not None else super().review_title()

    def mask(self) -> None:
        """Balances and amounts go."""
        self._accounts.mask()
        self._payables = {}
        self._show_note()

    def on_mount(self) -> None:
        """Fill in what the line or a list said."""
        super().on_mount()
        self.begin()

    @flow
    async def begin(self) -> None:
        """Put into the fields what was said already; a form that is whole goes to the review."""
        await self._read_usual_amounts()
        if self.cashier:
            await self._look_for_drawer()
        with self.prevent(Input.Changed):  # It was not typed here: the focus stays where it is.
            texts = (self.text.source, self.text.target, self.text.amount, self.text.memo)
            for field, text in zip(self.fields(), texts, strict=True):
                field.input.value = text
        self._show_note()
        if self.text.whole:
            self.review()
        elif (empty := next((field for field in self.fields() if not field.text), None)) is not None:
            empty.input.focus()

    async def _read_usual_amounts(self) -> None:
        try:
            found = await self.call(payment_options, PaymentOptions(self.member_id))
        except VerificationNeeded:  # The form opens all the same: figures alone serve until the caller is verified.
            found = ()
        self._payables = {payable.account_id: payable for payable in found}

    async def _look_for_drawer(self) -> None:
        drawer = await self.call(my_drawer)
        if drawer.is_open:
            self._from.cash = self._to.cash = cash_side(drawer.account_id)
            self._accounts.show_cash(self._from.cash.text)

    def below_review(self) -> Sequence[Widget]:
        """The code's field, and where cash comes from."""
        return (*super().below_review(), self.funds)

    def show_part(self, which: str) -> None:
        """What only some payments need shows only for these."""
        super().show_part(which)
        self._note.display = which == "choices" and bool(self._note.plain_text)
        self._choice.display = which == "choices" and bool(self._payees)
        self.funds.display = which == "review" and self.prepared is not None and self.prepared.funds_needed

    # From field to field --------------------------------------------------------------------------

    def payable(self) -> Payable | None:
        """The own account in «Destino», as far as it can be paid to."""
        side = self._to.side
        return self._payables.get(side.account_id) if side is not None and side.third is None else None

    def usual_amounts(self) -> Sequence[Option]:
        """Those of the destination."""
        payable = self.payable()
        return payable.options if payable is not None else ()

    def _show_note(self) -> None:
        """What the destination is, and its usual amounts."""
        side, payable = self._to.side, self.payable()
        if side is None:
            self._note.show_target("")
        elif side.third is not None:
            kind = KINDS[side.third.op].title
            self._note.show_target(f"{kind}: {side.text}, de {side.third.holder}")
        elif payable is None:
            self._note.show_target("" if self._accounts.masked and side is not self._to.cash else side.text)
        else:
            picked = self._how_much.picked(self.amount.text)
            self._note.show_target(f"{KINDS[payable.op].title}: {side.text}", payable.options, payable.due, picked)

    @on(Input.Changed, "#source")
    def _source_typed(self) -> None:
        if self._from.settled and self._from.has_focus:
            self._to.focus()

    @on(Input.Changed, "#target")
    def _target_typed(self) -> None:
        self._offer(())
        self._show_note()

    @on(Input.Changed, "#amount")
    def _amount_typed(self) -> None:
        self._show_note()

    @on(Input.Blurred, "#target")
    def _target_left(self) -> None:
        if self.is_current and self._to.unknown:
            self.look_up()

    @on(Input.Submitted, "#funds")
    def _funds_told(self) -> None:
        self.action_continue()

    @on(Input.Submitted, "#source, #target, #amount, #memo")
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self._from:
            self._to.focus()
        elif event.input is self._to:
            self.look_up()
        else:
            self.review()

    def on_key(self, event: events.Key) -> None:
        """Arrows in the amount go through the usual ones."""
        if event.key in ("up", "down") and self.focused is self._how_much:
            event.stop()
            self._how_much.step(1 if event.key == "down" else -1)

    # Somebody else's account ----------------------------------------------------------------------

    @flow
    async def look_up(self) -> None:
        """Say whose account «Destino» names, then go on to the amount."""
        if await self.settle() and self.target.check():
            self._how_much.focus()

    async def settle(self) -> bool:
        """Find whom the destination names; False when it must be chosen among several, or nobody was found."""
        if not self._payables and self.amount.text[:1].isalpha():
            await self._read_usual_amounts()
        if not self._to.unknown:
            return True
        try:
            found = await self.call(find_payees, FindPayees(self.member_id, self.target.text))
        except CoopError as error:
            self.complain(error)
            raise
        meant = tuple(payee for payee in found if not self.only or payee.op in self.only)
        if len(meant) == 1:
            self._take(meant[0])
            return True
        if not meant:
            self.show_error("target", "Esa persona no tiene una cuenta que reciba este pago.")
            return False
        self._offer(meant)
        self.say("Tiene varias cuentas: elija por número.", "warning")
        return False

    def _take(self, payee: Payee) -> None:
        self._to.found(payee)
        self._offer(())
        self._show_note()

    def _offer(self, payees: tuple[Payee, ...]) -> None:
        """Let the person choose among these; none takes the list away."""
        self._payees = payees
        lines = [NumberedLine(f"{payee.label} {payee.number} · {KINDS[payee.op].title}") for payee in payees]
        self._choice.show_lines(lines, 0)
        self._choice.display = bool(payees)
        if payees:
            self._note.show_target(f"¿A cuál de las cuentas de {payees[0].holder}?")
            self._choice.focus()

    @on(NumberedList.Picked, "#payees")
    def _picked(self, event: NumberedList.Picked) -> None:
        self._take(self._payees[event.at])
        self.hush()
        self._how_much.focus()

    # The service ----------------------------------------------------------------------------------

    def payment(self) -> PreparePayment:
        """What the fields say. Raises ValueError for one that is not right."""
        source, target = self.source.given, self.target.given
        op = op_between(source.product, target.product, third=target.third.op if target.third else None)
        amount, memo = self.amount.given, self.memo.value or ""
        return PreparePayment(op, self.member_id, source.account_id, target.account_id, amount.centesimos, memo)

    def word(self) -> str:
        """The word that stands for the amount, if one does."""
        option = self._how_much.picked(self.amount.text) if self.amount.text[:1].isalpha() else None
        return option.word if option is not None else ""

    async def prepare(self) -> Prepared:
        """Ask for the review of what the fields say."""
        asked = self.payment()
        prepared = await self.call(prepare, asked)
        self.asked = asked
        return prepared

    async def ready(self, prepared: Prepared) -> bool:
        """Ask for what the payment needs besides."""
        if prepared.funds_needed and not self.funds.check():
            self.funds.input.focus()
            return False
        return await super().ready(prepared)

    def code_command(self, destination: Destination) -> SendPaymentCode:
        """For the payment on show."""
        if self.asked is None:
            raise LookupError("nothing was reviewed")
        return SendPaymentCode(**asdict(self.asked), destination=destination)

    def command(self, prepared: Prepared) -> ConfirmPayment:
        """Exactly what was reviewed."""
        if self.asked is None:
            raise LookupError("nothing was reviewed")
        funds = self.funds.text if prepared.funds_needed else ""
        return ConfirmPayment(self.key, prepared.hash, **asdict(self.asked), funds=funds)

    async def apply(self, command: ConfirmPayment) -> Receipt:
        """Post it."""
        return await self.call(confirm, command)
