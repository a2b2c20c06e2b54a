"""A member's payment inside the cooperative: from where, to where, how much, is it right (S10–S17).

Which kind it is follows from the destination.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from data.values.money import Money
from screens.portal.ask import Ask
from screens.portal.base import PortalPage
from screens.portal.payment_flow import CIS, PaymentFlow, account_text
from services.account_view import AccountRow
from services.favourites import FavouriteRow
from services.one_time_codes import Destination
from services.operations import Op
from services.payees import FindPayees, Payee, find_payees
from services.payment_codes import SendPaymentCode, send_payment_code
from services.payment_entry import MEMO_LENGTH
from services.payment_kinds import KINDS
from services.payment_options import Payable, PaymentOptions, payment_options
from services.payments import ConfirmPayment, Prepared, PreparePayment, confirm, prepare
from services.verification_state import SentCode
from widgets.fields import Field
from widgets.house_input import MoneyInput, TextInput


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of «Transacciones». `ops`: the kinds that are meant; `third`: to somebody else's account."""

    key: str
    title: str
    ops: frozenset[Op]
    third: bool = False


OWN_KINDS = (
    Kind("propias", "Transferencia entre cuentas propias", frozenset({Op.TRANSFER_OWN})),
    Kind("cuotas", "Pago de cuotas: planes, aportaciones, capital externo, beneficios", frozenset({Op.QUOTA_PAY})),
    Kind("prestamos", "Pago de cuotas de préstamos", frozenset({Op.LOAN_PAY})),
    Kind("tarjetas", "Pago a tarjetas de crédito", frozenset({Op.CARD_PAY})),
    Kind("servicios", "Pago de telefonía celular y seguros de la Cooperativa", frozenset({Op.SERVICE_PAY})),
)
THIRD_OPS = frozenset(op for op, kind in KINDS.items() if kind.third)
THIRD_KIND = Kind("terceros", "Transferencias y pagos a otros asociados o terceros", THIRD_OPS, third=True)
KINDS_OF_MEMBERS = (*OWN_KINDS, THIRD_KIND)


def kind_of(op: Op) -> Kind:
    """The line of «Transacciones» that an operation belongs to. Raises StopIteration for a biller's."""
    return next(kind for kind in KINDS_OF_MEMBERS if op in kind.ops)


class Payment(PaymentFlow):
    """To an own account, or to somebody else's. `to`: one that is known already."""

    def __init__(
        self,
        owner: PortalPage[Any],
        member_id: int,
        kind: Kind,
        rows: Sequence[AccountRow],
        to: FavouriteRow | None = None,
    ) -> None:
        super().__init__(owner, member_id, kind.title, rows)
        self._kind, self._to = kind, to
        self._payable: Payable | None = None
        self._payee: Payee | None = None
        self._typed = ""
        self._amount, self._memo = 0, ""

    def steps(self) -> Sequence[Callable[[], Awaitable[bool]]]:
        """To whom, how much."""
        if self._to is not None:
            return (self._ask_amount,)
        return (self._ask_payee if self._kind.third else self._ask_target, self._ask_amount)

    def review_title(self) -> str:
        """The kind that the destination makes of it."""
        return KINDS[self._asked().op].title

    def _asked(self) -> PreparePayment:
        to = self._payee or self._payable
        if self.source is None or to is None:
            raise LookupError("not all was answered")
        return PreparePayment(to.op, self.member_id, self.source.account_id, to.account_id, self._amount, self._memo)

    # The questions ----------------------------------------------------------------------------------

    async def _ask_target(self) -> bool:
        found = await self.owner.call(payment_options, PaymentOptions(self.member_id))
        source = self.source.account_id if self.source else 0
        payables = [
            item
            for item in found
            if item.op in self._kind.ops and item.account_id in self.rows and item.account_id != source
        ]
        if not payables:
            await self.tell(f"No tiene otra cuenta afiliada que reciba este pago. {CIS}")
            return False
        choices = [(str(item.account_id), account_text(self.rows[item.account_id])) for item in payables]
        at = str(self._payable.account_id) if self._payable else None
        chosen = await self.choose("¿A qué cuenta?", choices, 2, at=at)
        self._payable = next((item for item in payables if str(item.account_id) == chosen), None)
        return chosen is not None

    async def _ask_payee(self) -> bool:
        field: Field[str] = Field("Cuenta", TextInput(value=self._typed, max_length=40, id="to-account"))

        async def look(text: str) -> tuple[Payee, ...]:
            self._typed = text
            return await self.owner.call(find_payees, FindPayees(self.member_id, text))

        asked = Ask(
            self.title,
            "¿A la cuenta de quién?",
            {"to_account": field},
            look,
            notes=("Escriba el número de la cuenta, o el del asociado y su cuenta: 50233/1.",),
            progress=self.progress(2),
        )
        found: tuple[Payee, ...] | None = await self.owner.app.push_screen_wait(asked)
        if found is None:
            return False
        self._payee = found[0]
        if len(found) > 1:
            choices = [(str(payee.account_id), f"{payee.label} {payee.number}") for payee in found]
            chosen = await self.choose(f"¿A cuál de las cuentas de {found[0].holder}?", choices, 2)
            self._payee = next((payee for payee in found if str(payee.account_id) == chosen), None)
        return self._payee is not None

    async def _take_known(self, to: FavouriteRow) -> None:
        """The favourite's account, as if it had been chosen here."""
        account = to.to_account or 0
        if self._kind.third:
            self._payee = Payee(account, to.kind, to.target, "", to.holder, 1)
            return
        found = await self.owner.call(payment_options, PaymentOptions(self.member_id))
        usual = next((item for item in found if item.account_id == account), None)
        self._payable = usual or Payable(account, to.kind, (), "")

    async def fix(self) -> Any:
        """Have the service fix what was answered, for the review."""
        return await self.owner.call(prepare, self._asked())

    def take_fixed(self, fixed: Any) -> None:
        """Keep what `fix` brought."""
        self.prepared = fixed

    async def _ask_amount(self) -> bool:
        if self._to is not None:
            await self._take_known(self._to)
        options = self._payable.options if self._payable else ()
        first = Money(self._amount or (options[0].amount if options else 0))
        money = Field("Monto B/.", MoneyInput(value=first.format() if first.centesimos else "", id="amount"))
        memo: Field[str] = Field(
            "Detalle", TextInput(value=self._memo, max_length=MEMO_LENGTH, id="memo"), required=False
        )

        async def fix(amount: Money, detail: str | None) -> Any:
            self._amount, self._memo = amount.centesimos, detail or ""
            return await self.fix()

        notes = [f"{option.label}: {Money(option.amount).format()}" for option in options]
        notes += [f"A {self._payee.holder}, {self._payee.label} {self._payee.number}"] if self._payee else []
        notes += [self._payable.due] if self._payable and self._payable.due else []
        fields: dict[str, Field[Any]] = {"amount": money, "memo": memo}
        asked = Ask(self.title, "¿Cuánto?", fields, fix, notes=notes, progress=self.progress(3))
        fixed = await self.owner.app.push_screen_wait(asked)
        self.take_fixed(fixed)
        return fixed is not None

    # The service ------------------------------------------------------------------------------------

    async def send_code(self, destination: Destination) -> SentCode:
        """For exactly this payment."""
        command = SendPaymentCode(**asdict(self._asked()), destination=destination)
        return await self.owner.call(send_payment_code, command)

    async def confirm(self, prepared: Prepared) -> Any:
        """Post it."""
        return await self.owner.call(confirm, ConfirmPayment(self.key, prepared.hash, **asdict(self._asked())))
