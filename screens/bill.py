"""Paying an outside biller and topping up: whom, which number, how much, from where (S18–S31, req. 8, 9).

The biller is asked whose number it is and what is due before anything is reviewed. What it leaves unanswered after the
confirmation stays «en proceso» and is never sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, ClassVar

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from screens.bill_inputs import BillerInput, Choice
from screens.bill_panels import BillerList, BillNote
from screens.flow import flow
from screens.line_words import BillText
from screens.money_panels import AccountList
from screens.own_accounts import origins
from screens.payment_inputs import AmountInput, SideInput
from screens.payment_next import PaymentNext
from screens.staff_shell import staff_shell
from services.account_view import AccountRow
from services.biller_payments import (
    BillFound,
    ConfirmBill,
    InquireBill,
    PrepareBill,
    confirm_bill,
    inquire,
    prepare_bill,
)
from services.errors import CoopError
from services.operations import Op
from services.payment_options import Option, typed_figure
from services.payments import Prepared
from services.receipts import Receipt
from widgets.fields import Field
from widgets.house_input import HouseInput
from widgets.panel import Panel

REFERENCE_LENGTH = 24
UNCHECKED = (
    "NO SE PUDO COMPROBAR de quién es el número ni cuánto debe: el recaudador no contesta. Enter en el número pregunta"
    " otra vez; o escriba el monto de la factura."
)
NO_CASH = "Los recaudadores se pagan desde una cuenta."
TITLES = {None: "Pagar o recargar", Op.BILLER_PAY: "Pagar a recaudador", Op.BILLER_TOP_UP: "Recargar"}


class BillScreen(PaymentNext):
    """Biller, reference, amount, origin. Enter on the reference asks the biller; what it says is due is suggested."""

    AUTO_FOCUS = "#biller"
    WHAT = "del pago"
    FIELDS: ClassVar[dict[str, str]] = {
        "biller": "biller",
        "reference": "reference",
        "extra": "extra",
        "amount": "amount",
        "from_account": "source",
    }
    HELP = (
        "Escriba el recaudador (número o nombre) y el número que trae la factura. Enter pregunta al recaudador de"
        " quién es y cuánto debe. El monto puede ser otro. Enter muestra la revisión; Enter otra vez paga."
    )

    def __init__(self, member_id: int, rows: Sequence[AccountRow], text: BillText, day: date) -> None:
        """`day`: today in Panama, by which the catalogue says who can be paid."""
        super().__init__(member_id, TITLES[text.op])
        self.text = text
        self._whom = BillerInput(text.op, day, id="biller")
        self._how_much = AmountInput(self.usual_amounts, id="amount")
        self.biller: Field[Choice] = Field("Paga a", self._whom)
        self.reference: Field[str] = Field("Número", reference_input("reference"))
        self.extra: Field[str] = Field("Además", reference_input("extra"), required=False)
        self.amount = Field("Monto", self._how_much)
        self.source = Field("Origen", SideInput(rows, no_cash=NO_CASH, id="source"))
        self.found: BillFound | None = None
        usual = [str(row.position) for row in origins(rows)]
        self._usual_source = usual[0] if len(usual) == 1 else ""
        self._asked_about: tuple[str, ...] = ()
        self._suggested = ""
        self._list = BillerList(id="billers")
        self._note = BillNote(id="bill-note")
        self._accounts = AccountList(origins(rows), id="account-list")

    def every_field(self) -> Sequence[Field[Any]]:
        """With the second reference, which few billers want."""
        return (self.biller, self.reference, self.extra, self.amount, self.source)

    def fields(self) -> Sequence[Field[Any]]:
        """In the order of the keys."""
        return [field for field in self.every_field() if field is not self.extra or self._wants_extra()]

    def beside(self) -> Sequence[Widget]:
        """The billers; of a chosen one what it wants or said, and the accounts to pay from."""
        return (self._list, self._note, self._accounts)

    def beside_title(self) -> str:
        """The billers, until one is chosen."""
        return "Recaudadores" if self._whom.choice is None else "Factura"

    def review_title(self) -> str:
        """What it is."""
        return TITLES[self.asked.op] if self.asked is not None else super().review_title()

    def mask(self) -> None:
        """What the biller said of a person goes, and the balances."""
        self.found, self._asked_about = None, ()
        self._accounts.mask()
        self._show_beside()

    def show_part(self, which: str) -> None:
        """List and accounts take turns."""
        super().show_part(which)
        if which == "choices":
            self._show_beside()

    def on_mount(self) -> None:
        """Fill in what the line or a favourite said."""
        super().on_mount()
        self.begin()

    @flow
    async def begin(self) -> None:
        """Put into the fields what was said already; a form that is whole goes to the review."""
        text = self.text
        with self.prevent(Input.Changed):  # It was not typed here: the focus stays where it is.
            chosen = next((one for one in self._whom.among if (one.biller.id, one.op) == (text.biller, text.op)), None)
            if chosen is not None:
                self._whom.choose(chosen)
            self.reference.input.value, self.extra.input.value = text.reference, text.extra
            self.amount.input.value = text.amount
            self.source.input.value = text.source or self._usual_source
        self._show_beside()
        extra_missing = chosen is not None and chosen.second is not None and chosen.second.required and not text.extra
        if chosen is not None and text.reference and not extra_missing:
            await self._go_on()
        else:
            self._focus_empty()

    def pending_work(self) -> str:
        """What was typed; the only account that can pay was not."""
        typed = [field.text for field in self.fields() if field is not self.source]
        return super().pending_work() if any(typed) or self.source.text != self._usual_source else ""

    # From field to field --------------------------------------------------------------------------

    def _wants_extra(self) -> bool:
        choice = self._whom.choice
        return choice is not None and choice.second is not None

    def usual_amounts(self) -> Sequence[Option]:
        """What the biller said."""
        return self.found.usual if self.found is not None else ()

    def _about(self) -> tuple[str, ...]:
        """What the biller is asked about."""
        return (self.biller.text.strip(), self.reference.text.strip(), self.extra.text.strip())

    def _show_beside(self) -> None:
        choice = self._whom.choice
        self._list.display, self._accounts.display = choice is None, choice is not None
        self._note.display = choice is not None
        self.extra.display = self._wants_extra()
        self._list.show_choices(self._whom.likely)
        if self.prepared is None:
            self.query_one("#beside", Panel).retitle(self.beside_title())
        if choice is not None and self.found is not None:
            picked = self._how_much.picked(self.amount.text) if self.amount.text else None
            self._note.show_found(self.found, choice, self.usual_amounts(), picked)
        else:
            self._note.show_wanted(choice)

    @on(Input.Changed, "#biller, #reference, #extra, #amount")
    def _typed(self, event: Input.Changed) -> None:
        if event.input is not self._how_much and self._about() != self._asked_about:
            self.found = None
            self._drop_suggestion()
        if self.prepared is None:
            self.show_part("choices")

    def _drop_suggestion(self) -> None:
        """What was due under another number is due no more."""
        if self._suggested and self.amount.text == self._suggested:
            self.amount.input.value = ""
        self._suggested = ""

    def _suggest(self, amount: int) -> None:
        self._suggested = typed_figure(amount)
        with self.prevent(Input.Changed):
            self.amount.input.value = self._suggested

    def _focus_empty(self) -> None:
        """The first field that still wants something; the amount where none does."""
        wanted = [field for field in self.fields() if not field.text and field.required]
        (wanted[0] if wanted else self.amount).input.focus()

    @on(Input.Submitted, "#biller, #reference, #extra, #amount, #source")
    def _entered(self, event: Input.Submitted) -> None:
        self.hush()
        if event.input is self._whom:
            self._chosen()
        elif event.input is self.reference.input and self._wants_extra():
            self.extra.input.focus()
        elif event.input in (self.reference.input, self.extra.input):
            self.look_up()
        elif event.input is self._how_much and not self.source.text:
            self.source.input.focus()
        else:
            self.review()

    def _chosen(self) -> None:
        if self.biller.check():
            with self.prevent(Input.Changed):
                self._whom.choose(self.biller.given)
            self.show_part("choices")
            self.reference.input.focus()

    def on_key(self, event: events.Key) -> None:
        """Arrows in the amount go through the usual ones."""
        if event.key in ("up", "down") and self.focused is self._how_much:
            event.stop()
            self._how_much.step(1 if event.key == "down" else -1)

    async def action_back(self) -> None:
        """Esc: a suggested amount is typed over at once."""
        await super().action_back()
        if self.prepared is None and self.amount.text == self._suggested:
            self._how_much.action_select_all()

    # The biller -----------------------------------------------------------------------------------

    @flow
    async def look_up(self) -> None:
        """Ask the biller, then go on; one that said nothing is asked again."""
        if self.found is not None and self.found.unchecked:
            self.found = None
        await self._go_on()

    async def _go_on(self) -> None:
        """To the review where nothing is missing, else to what is."""
        if not await self.settle():
            return
        if self.amount.text and self.source.text:
            self.review()
        else:
            self._focus_empty()

    async def settle(self) -> bool:
        """Ask the biller about what stands there, once; False where that can't be asked yet."""
        if not self.biller.check() or not self.reference.check():
            field = self.biller if self.biller.has_class("-invalid") else self.reference
            field.input.focus()
            return False
        if self.found is not None and self._about() == self._asked_about:
            return True
        choice, (_, reference, extra) = self.biller.given, self._about()
        try:
            found = await self.call(inquire, InquireBill(self.member_id, choice.biller.id, choice.op, reference, extra))
        except CoopError as error:
            self.complain(error)
            if error.field is None:
                self.reference.input.focus()
            raise
        self.found, self._asked_about = found, self._about()
        if found.unchecked:
            self.say(UNCHECKED, "warning")
        elif not self.amount.text:
            amount = found.amount_due or (None if found.amount_due == 0 else self.text.last)
            if amount:
                self._suggest(amount)
            elif found.amount_due == 0:
                self.say("El recaudador dice que no se debe nada.", "warning")
        self._show_beside()
        return True

    # The service ----------------------------------------------------------------------------------

    async def prepare(self) -> Prepared:
        """Ask for the review of what the fields and the biller say."""
        choice, found = self.biller.given, self.found
        if found is None:
            raise LookupError("the biller was not asked")
        asked = PrepareBill(
            op=choice.op,
            member_id=self.member_id,
            from_account=self.source.given.account_id,
            biller=choice.biller.id,
            reference=found.reference,
            amount=self.amount.given.centesimos,
            extra=found.extra,
            holder=found.holder,
            amount_due=found.amount_due,
            due_on=found.due_on,
            unchecked=found.unchecked,
        )
        prepared = await self.call(prepare_bill, asked)
        self.asked = asked
        if found.unchecked:  # An Enter that was typed ahead meant a bill whose holder would be shown.
            staff_shell(self).drop_typed_ahead()
        return prepared

    def command(self, prepared: Prepared) -> ConfirmBill:
        """Exactly what was reviewed."""
        if self.asked is None:
            raise LookupError("nothing was reviewed")
        return ConfirmBill(self.key, prepared.hash, **asdict(self.asked))

    async def apply(self, command: ConfirmBill) -> Receipt:
        """Set the money aside and order."""
        return await self.call(confirm_bill, command)


def reference_input(id: str) -> HouseInput[str]:
    """Figures, letters and hyphens; what the biller takes of them the service says."""
    return HouseInput(
        str.strip,
        max_length=REFERENCE_LENGTH,
        restrict=r"[0-9A-Za-zñÑ \-]*",
        refusal="Van cifras, letras y guiones.",
        help_text="El número como está en la factura, con guiones o sin ellos. Enter pregunta al recaudador.",
        id=id,
    )
