"""What every payment of a member shares: one question a screen, «Retroceder» to the one before, the review, the code,
the receipt. Rights, limits and what must be proven are the service's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from data.catalog.products import load_products
from data.secrets import Secret
from data.values.uuid7 import uuid7
from screens.dialogs.message import Message
from screens.portal.base import PortalPage
from screens.portal.choose import Choose
from screens.portal.code import passed_code
from screens.portal.review import PaymentReceipt, ReviewPayment
from services.account_view import AccountRow
from services.errors import CoopError, StoreUnavailable
from services.one_time_codes import Destination
from services.payment_codes import CheckPaymentCode, check_payment_code
from services.payments import Prepared
from services.verification_state import SentCode

CIS = "Llame al CIS, 205-0911, o visite una sucursal."


class PaymentFlow:
    """One payment from its line in «Transacciones» to its receipt. `owner`: the screen whence it starts; `rows`: the
    member's own accounts. The idempotency key is minted here (req. 40).
    """

    STEPS: ClassVar[int] = 4

    def __init__(self, owner: PortalPage[Any], member_id: int, title: str, rows: Sequence[AccountRow]) -> None:
        self.owner, self.member_id, self.title = owner, member_id, title
        self.rows = {row.account_id: row for row in rows}
        self.source: AccountRow | None = None
        self.prepared: Prepared | None = None
        self.key = uuid7()

    # For subclasses ---------------------------------------------------------------------------------

    def steps(self) -> Sequence[Callable[[], Awaitable[bool]]]:
        """The questions after the source, in their order; each tells whether it was answered."""
        raise NotImplementedError

    def review_title(self) -> str:
        """What the operation is called."""
        return self.title

    async def send_code(self, destination: Destination) -> SentCode:
        """Send the code of the payment on show."""
        raise NotImplementedError

    async def confirm(self, prepared: Prepared) -> Any:
        """Post it under `self.key`: the receipt."""
        raise NotImplementedError

    async def show_done(self, done: Any) -> None:
        """The receipt."""
        await self.owner.app.push_screen_wait(PaymentReceipt(done))

    # The way ----------------------------------------------------------------------------------------

    async def run(self) -> Any:
        """Ask, one screen after the other. Answers what `confirm` did, or None when the member went back."""
        if not paying(self.rows.values()):
            text = f"No tiene una cuenta afiliada desde la que se pueda pagar. {CIS}"
            await self.owner.app.push_screen_wait(Message(self.title, text))
            return None
        steps = (self._ask_source, *self.steps())
        at = 0
        while at >= 0:
            if at < len(steps):
                at += 1 if await steps[at]() else -1
            elif (receipt := await self._review()) is not None:
                await self.show_done(receipt)
                return receipt
            else:
                at -= 1
        return None

    async def choose(
        self, question: str, choices: Sequence[tuple[str, object]], step: int, *, at: str | None = None, note: str = ""
    ) -> str | None:
        """Ask with a list; None when the member went back."""
        screen = Choose(self.title, question, choices, progress=self.progress(step), at=at, note=note)
        return await self.owner.app.push_screen_wait(screen)

    async def tell(self, text: str) -> None:
        """Say why it can't go on."""
        await self.owner.app.push_screen_wait(Message(self.title, text))

    def progress(self, step: int) -> str:
        """`Paso 2 de 4`."""
        return f"Paso {step} de {self.STEPS}"

    async def _ask_source(self) -> bool:
        sources = paying(self.rows.values())
        choices = [(str(row.account_id), account_text(row)) for row in sources]
        at = str(self.source.account_id) if self.source else None
        found = await self.choose("¿Desde qué cuenta?", choices, 1, at=at)
        self.source = next((row for row in sources if str(row.account_id) == found), None)
        return found is not None

    async def _review(self) -> Any:
        if self.prepared is None:
            raise LookupError("nothing was prepared")
        screen = ReviewPayment(self.review_title(), self.prepared, self._apply, self.progress(self.STEPS))
        return await self.owner.app.push_screen_wait(screen)

    async def _apply(self) -> Any:
        """Post what is on show; None when its code was not given. The key stays the same through every retry."""
        prepared = self.prepared
        if prepared is None:
            raise LookupError("nothing was prepared")
        if prepared.code_needed and not await passed_code(self.owner, self.send_code, self._check_code):
            return None
        try:
            return await self.confirm(prepared)
        except StoreUnavailable:
            raise  # The same key asks again.
        except CoopError:
            self.key = uuid7()  # A refusal sticks to its key.
            raise

    async def _check_code(self, code: Secret) -> bool:
        return await self.owner.call(check_payment_code, CheckPaymentCode(self.member_id, code))


def account_text(row: AccountRow) -> str:
    """`AHORROS 06-018-50012-1 · 1,322.64`."""
    return f"{row.label} {row.number}" + (f" · {row.balance}" if row.balance is not None else "")


def paying(rows: Sequence[AccountRow] | Any) -> tuple[AccountRow, ...]:
    """The accounts from which a member pays: open, affiliated, of a product that lets money out."""
    products = load_products()
    return tuple(
        row
        for row in rows
        if row.affiliated
        and row.status == "open"
        and (product := products.get(row.product)) is not None
        and product.transfer_out
    )
