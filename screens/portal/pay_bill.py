"""A member's payment to an outside biller, or a recarga: to whom, which number, how much (S18–S31, req. 8, 9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from data.catalog.billers import Biller, PaymentKind, load_billers
from data.values.dates import panama_date
from data.values.money import Money
from screens.portal.ask import Ask
from screens.portal.base import PortalPage
from screens.portal.payment_flow import PaymentFlow
from services.account_view import AccountRow
from services.bill_code_sending import SendBillCode, send_bill_code
from services.biller_payments import (
    BillFound,
    ConfirmBill,
    InquireBill,
    PrepareBill,
    confirm_bill,
    inquire,
    prepare_bill,
)
from services.favourites import FavouriteRow
from services.one_time_codes import Destination
from services.operations import Op
from services.payments import Prepared
from services.receipts import Receipt
from services.verification_state import SentCode
from widgets.fields import Field
from widgets.house_input import MoneyInput, TextInput

BILLS, TOP_UPS = "Pagos de servicios externos", "Recargas"


class BillPayment(PaymentFlow):
    """A bill, or a recarga. `to`: a biller and a number that are known already."""

    STEPS = 5

    def __init__(
        self,
        owner: PortalPage[Any],
        member_id: int,
        op: Op,
        rows: Sequence[AccountRow],
        to: FavouriteRow | None = None,
    ) -> None:
        super().__init__(owner, member_id, TOP_UPS if op is Op.BILLER_TOP_UP else BILLS, rows)
        self._op = op
        self._mode = PaymentKind.TOP_UP if op is Op.BILLER_TOP_UP else PaymentKind.BILL
        self._biller: Biller | None = load_billers().get(to.biller or "") if to is not None else None
        self._typed = (to.reference or "", to.extra or "") if to is not None else ("", "")
        self._found: BillFound | None = None
        self._amount = 0

    def steps(self) -> Sequence[Callable[[], Awaitable[bool]]]:
        """To whom, which number, how much."""
        return (self._ask_biller, self._ask_reference, self._ask_amount)

    def review_title(self) -> str:
        """Whom it pays."""
        return f"{self.title}: {self._found.biller_name}" if self._found else self.title

    def _asked(self) -> PrepareBill:
        found, biller = self._found, self._biller
        if self.source is None or found is None or biller is None:
            raise LookupError("not all was answered")
        return PrepareBill(
            self._op,
            self.member_id,
            self.source.account_id,
            biller.id,
            found.reference,
            self._amount,
            found.extra,
            found.holder,
            found.amount_due,
            found.due_on,
        )

    async def _ask_biller(self) -> bool:
        today = panama_date(self.owner.shell.now())
        billers = [
            biller
            for biller in load_billers().by_id.values()
            if biller.payable_on(today) and biller.mode(self._mode) is not None
        ]
        at = self._biller.id if self._biller else None
        chosen = await self.choose("¿A quién?", [(biller.id, biller.name) for biller in billers], 2, at=at)
        self._biller = load_billers().get(chosen) if chosen is not None else None
        return self._biller is not None

    async def _ask_reference(self) -> bool:
        biller = self._biller
        if biller is None:
            raise LookupError("no biller yet")
        references = biller.references_for(self._mode)
        label = " o ".join(reference.label for reference in references)
        fields: dict[str, Field[Any]] = {
            "reference": Field("Número", TextInput(value=self._typed[0], max_length=40, id="reference"))
        }
        notes = [f"{label}. Ejemplo: {references[0].example}."]
        second = biller.extra_reference
        if second is not None and self._mode in second.kinds:
            extra: Field[str] = Field(
                "Además", TextInput(value=self._typed[1], max_length=40, id="extra"), required=second.required
            )
            fields["extra"] = extra
            notes.append(f"Además: {second.label}. Ejemplo: {second.example}.")

        async def look(reference: str, more: str | None = None) -> BillFound:
            self._typed = (reference, more or "")
            command = InquireBill(self.member_id, biller.id, self._op, reference, more or "")
            found: BillFound = await self.owner.call(inquire, command)
            return found

        asked = Ask(self.title, f"¿Qué número de {biller.name}?", fields, look, notes=notes, progress=self.progress(3))
        self._found = await self.owner.app.push_screen_wait(asked)
        return self._found is not None

    async def _ask_amount(self) -> bool:
        found = self._found
        if found is None:
            raise LookupError("no bill yet")
        if found.denominations:
            amounts = [(str(amount), Money(amount).format()) for amount in found.denominations]
            at = str(self._amount) if self._amount else None
            note = f"{found.biller_name} · {found.label} {found.shown_reference}"
            chosen = await self.choose("¿Cuánto recarga?", amounts, 4, at=at, note=note)
            if chosen is None:
                return False
            self._amount = int(chosen)
            self.prepared = await self.owner.call(prepare_bill, self._asked())
            return True
        return await self._type_amount(found)

    async def _type_amount(self, found: BillFound) -> bool:
        first = self._amount or found.amount_due or 0
        money = Field("Monto B/.", MoneyInput(value=Money(first).format() if first else "", id="amount"))

        async def fix(amount: Money) -> Prepared:
            self._amount = amount.centesimos
            return await self.owner.call(prepare_bill, self._asked())

        notes = [f"{found.biller_name} · {found.label} {found.shown_reference}"]
        notes += [f"A nombre de {found.holder}"] if found.holder else []
        if found.amount_due is not None:
            notes.append(f"Debe {Money(found.amount_due).format()}" + (f", vence {found.due_on}" * bool(found.due_on)))
        asked = Ask(
            self.title, "¿Cuánto?", {"amount": money}, fix, notes=[*notes, *found.notes], progress=self.progress(4)
        )
        self.prepared = await self.owner.app.push_screen_wait(asked)
        return self.prepared is not None

    async def send_code(self, destination: Destination) -> SentCode:
        """For exactly this payment."""
        return await self.owner.call(send_bill_code, SendBillCode(self._asked(), destination))

    async def confirm(self, prepared: Prepared) -> Receipt:
        """Set the money aside and order it."""
        command = ConfirmBill(self.key, prepared.hash, **asdict(self._asked()))
        receipt: Receipt = await self.owner.call(confirm_bill, command)
        return receipt
