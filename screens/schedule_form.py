"""When a payment is repeated: how often, from which date, how many times (req. 7, F10)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.values.dates import format_date, panama_date, parse_date
from data.values.text import fold
from screens.layout import labelled
from screens.money_results import Told
from screens.payment_code import CodedForm
from services.biller_payments import PrepareBill
from services.calendar_rules import Every, due_dates
from services.one_time_codes import Destination
from services.payment_codes import SendPaymentCode
from services.payments import Prepared, PreparePayment
from services.schedule_subjects import PlannedPayment, amount_words
from services.schedules import CreateSchedule, PrepareSchedule, create_schedule, prepare_schedule
from widgets.fields import Field
from widgets.house_input import DateInput, HouseInput, TextInput
from widgets.text import PlainText

WORDS = {"mes": Every.MONTH, "quincena": Every.FORTNIGHT, "semana": Every.WEEK, "una vez": Every.ONCE}
HOW_OFTEN = "Una palabra o su comienzo: mes, quincena, semana, una vez."
AMOUNTS = ("Debe", "Vence", "Monto")
"""Where in a review whom and what for ends."""


def parse_every(text: str) -> Every:
    """`m`, `quinc`, `semana`, `una`. Raises ValueError."""
    typed = fold(text).strip()
    fitting = [every for word, every in WORDS.items() if typed and word.startswith(typed)]
    if len(fitting) != 1:
        raise ValueError(HOW_OFTEN)
    return fitting[0]


def parse_end(text: str) -> int | date:
    """How many times, or the last date. Raises ValueError."""
    typed = text.strip()
    if typed.isdecimal() and len(typed) <= 3:
        return int(typed)
    return parse_date(typed)


class ScheduleScreen(CodedForm):
    """A payment that is known, and the plan that is asked for. The first date is reckoned from what is typed."""

    AUTO_FOCUS = "#every"
    HOME = "#first"
    WHAT = "del pago programado"
    FIELDS: ClassVar[dict[str, str]] = {
        "every": "every", "first_on": "first", "until": "end", "times": "end", "label": "label", "amount": "every",
    }  # fmt: skip
    HELP = (
        "Cada cuánto: mes, quincena, semana o una vez. Desde: la primera fecha. Hasta: cuántas veces (12) o la última"
        " fecha; vacío, hasta que se cancele. Si la fecha no es hábil se paga el día hábil siguiente. Enter en el"
        " último campo muestra la revisión; Enter otra vez lo guarda."
    )

    def __init__(
        self,
        payment: PreparePayment | PrepareBill,
        word: str,
        summary: Sequence[tuple[str, str]],
        *,
        paid: bool = False,
    ) -> None:
        """`word` stands for an amount that follows from the day (`cuota`); `summary`: of the payment's own review;
        `paid`: today's was made just now."""
        super().__init__(payment.member_id, "Programar")
        self.payment, self._word, self._paid = payment, word, paid
        rows = list(itertools.takewhile(lambda row: row[0] not in AMOUNTS, summary))
        self._rows = [*rows, ("Monto", amount_words(0 if word else payment.amount, word))]
        self.every = Field("Cada", HouseInput(parse_every, id="every", value="mes", max_length=10, help_text=HOW_OFTEN))
        self.first = Field("Desde", DateInput(id="first"))
        help_text = "Cuántas veces (12) o la última fecha; vacío, hasta que se cancele."
        self.end = Field("Hasta", HouseInput(parse_end, id="end", max_length=10, help_text=help_text), required=False)
        self.label = Field("Nombre", TextInput(id="label", max_length=40), required=False)
        self._payment = PlainText(multiline=True, id="planned-payment")

    def fields(self) -> Sequence[Field[Any]]:
        """In the order of the keys."""
        return (self.every, self.first, self.end, self.label)

    def beside(self) -> Sequence[Widget]:
        """What is paid."""
        return (self._payment,)

    def beside_title(self) -> str:
        """What is paid."""
        return "Pago"

    def review_title(self) -> str:
        """What is agreed to."""
        return "Pago programado"

    def on_mount(self) -> None:
        """Today is the date that most are about, or a month from now where today's was paid."""
        super().on_mount()
        dates = due_dates(panama_date(self.shell.now()), Every.MONTH)
        with self.prevent(Input.Changed):
            self.first.input.value = format_date(next(itertools.islice(dates, int(self._paid), None)))

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._payment.show(labelled(self._rows, max(20, self.query_one("#beside").content_size.width)))

    def pending_work(self) -> str:
        """What stood there already is no loss."""
        return super().pending_work() if self.unanswered or self.label.text or self.end.text else ""

    @on(Input.Submitted, "#every, #first, #end, #label")
    def _entered(self, event: Input.Submitted) -> None:
        inputs = [field.input for field in self.fields()]
        at = inputs.index(event.input)  # type: ignore[arg-type]
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.review()

    # The service ----------------------------------------------------------------------------------

    def planned(self) -> PlannedPayment:
        """What the fields say. Raises ValueError for one that is not right."""
        end, payment = self.end.value, self.payment
        plan = PlannedPayment(
            op=payment.op,
            member_id=self.member_id,
            from_account=payment.from_account,
            first_on=self.first.given,
            every=self.every.given,
            amount=0 if self._word else payment.amount,
            word=self._word,
            label=self.label.value or "",
            until=end if isinstance(end, date) else None,
            times=end if isinstance(end, int) else None,
        )
        if isinstance(payment, PreparePayment):
            return replace(plan, to_account=payment.to_account, memo=payment.memo)
        return replace(plan, biller=payment.biller, reference=payment.reference, extra=payment.extra)

    async def prepare(self) -> Prepared:
        """Ask for the review of the plan."""
        shown = await self.call(prepare_schedule, PrepareSchedule(self.planned()))
        return Prepared(shown.summary, (), shown.hash, None, "", None, code_needed=shown.code_needed)

    def code_command(self, destination: Destination) -> SendPaymentCode:
        """For this payment, this often."""
        return SendPaymentCode(**asdict(self.payment), destination=destination, every=self.every.given.value)

    def command(self, prepared: Prepared) -> CreateSchedule:
        """Exactly what was reviewed."""
        return CreateSchedule(self.key, prepared.hash, self.planned())

    async def apply(self, command: CreateSchedule) -> Told:
        """Keep it."""
        return Told((await self.call(create_schedule, command)).text)
