"""«Pagos programados»: what the member leaves to be paid, on a date or again and again (S10–S17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from data.values.dates import format_date, panama_date, parse_date
from screens.dialogs.message import Message
from screens.portal.ask import Ask
from screens.portal.base import PortalPage
from screens.portal.choose import Choose
from screens.portal.pay import KINDS_OF_MEMBERS, Payment
from services.account_view import AccountRow
from services.calendar_rules import Every
from services.one_time_codes import Destination
from services.payment_codes import SendPaymentCode, send_payment_code
from services.payments import Prepared
from services.schedule_changes import CancelSchedule, SkipDate, cancel_schedule, skip_date
from services.schedule_list import ListSchedules, ScheduleRow, schedules
from services.schedule_subjects import PlannedPayment
from services.schedules import (
    CreateSchedule,
    PrepareSchedule,
    ScheduleChanged,
    SchedulePrepared,
    create_schedule,
    prepare_schedule,
)
from services.verification_state import SentCode
from widgets.fields import Field
from widgets.house_input import DateInput, HouseInput, TextInput

PLANS = "Pagos programados"
NEW, SKIP, CANCEL = "nuevo", "omitir", "cancelar"
OFTEN = (
    (Every.MONTH.value, "Cada mes"),
    (Every.FORTNIGHT.value, "Cada quincena"),
    (Every.WEEK.value, "Cada semana"),
    (Every.ONCE.value, "Una sola vez"),
)
END_NOTE = "Cuántas veces (12) o la última fecha (dd/mm/aaaa); vacío, hasta que lo cancele."
LABEL_LENGTH = 40


class PlannedPaymentFlow(Payment):
    """The questions of a payment, then how often and from when. It ends in a schedule, not in a receipt."""

    STEPS = 6

    def steps(self) -> Sequence[Callable[[], Awaitable[bool]]]:
        """To whom, how much, how often, from when."""
        return (*super().steps(), self._ask_often, self._ask_dates)

    every = Every.MONTH
    first_on: date | None = None
    end: int | date | None = None
    label = ""

    async def fix(self) -> Any:
        """Nothing is fixed before the dates are known."""
        return True

    def take_fixed(self, fixed: Any) -> None:
        """The review comes with the dates."""

    def _planned(self) -> PlannedPayment:
        asked = self._asked()
        return PlannedPayment(
            op=asked.op,
            member_id=asked.member_id,
            from_account=asked.from_account,
            to_account=asked.to_account,
            amount=asked.amount,
            memo=asked.memo,
            first_on=self.first_on or panama_date(self.owner.shell.now()),
            every=self.every,
            until=self.end if isinstance(self.end, date) else None,
            times=self.end if isinstance(self.end, int) else None,
            label=self.label,
        )

    async def _ask_often(self) -> bool:
        chosen = await self.choose("¿Cada cuánto?", OFTEN, 4, at=self.every.value)
        if chosen is not None:
            self.every = Every(chosen)
        return chosen is not None

    async def _ask_dates(self) -> bool:
        today = panama_date(self.owner.shell.now())
        first = Field("Primera fecha", DateInput(id="first", value=format_date(self.first_on or today)))
        label: Field[str] = Field(
            "Nombre", TextInput(value=self.label, max_length=LABEL_LENGTH, id="label"), required=False
        )
        fields: dict[str, Field[Any]] = {"first_on": first}
        repeated = self.every is not Every.ONCE
        if repeated:
            ends = HouseInput(parse_end, id="end", max_length=10, help_text=END_NOTE)
            fields["until"] = Field("Hasta", ends, required=False)
        fields["label"] = label

        async def fix(first_on: date, *more: Any) -> Prepared:
            self.first_on, self.label = first_on, more[-1] or ""
            self.end = more[0] if repeated else None
            shown: SchedulePrepared = await self.owner.call(prepare_schedule, PrepareSchedule(self._planned()))
            return Prepared(shown.summary, (), shown.hash, None, "", None, code_needed=shown.code_needed)

        notes = [END_NOTE] if repeated else []
        asked = Ask(PLANS, "¿Desde cuándo?", fields, fix, notes=notes, progress=self.progress(5))
        self.prepared = await self.owner.app.push_screen_wait(asked)
        return self.prepared is not None

    async def send_code(self, destination: Destination) -> SentCode:
        """For exactly this payment, this often."""
        command = SendPaymentCode(**asdict(self._asked()), destination=destination, every=self.every.value)
        return await self.owner.call(send_payment_code, command)

    async def confirm(self, prepared: Prepared) -> ScheduleChanged:
        """Keep it."""
        made: ScheduleChanged = await self.owner.call(
            create_schedule, CreateSchedule(self.key, prepared.hash, self._planned())
        )
        return made

    async def show_done(self, done: Any) -> None:
        """What was left."""
        await self.owner.app.push_screen_wait(Message(PLANS, done.text))


def parse_end(text: str) -> int | date:
    """How many times, or the last date. Raises ValueError."""
    typed = text.strip()
    return int(typed) if typed.isdecimal() and len(typed) <= 3 else parse_date(typed)


async def own_plans(owner: PortalPage[Any], member_id: int, rows: Sequence[AccountRow]) -> bool:
    """The list, until the member goes back. Nothing that it does moves money now: False."""
    while True:
        found: tuple[ScheduleRow, ...] = await owner.call(schedules, ListSchedules(member_id))
        choices = [(NEW, "Programar un pago"), *((row.id, line_of(row)) for row in found)]
        note = "" if found else "No tiene pagos programados."
        chosen = await owner.app.push_screen_wait(Choose(PLANS, "¿Qué desea hacer?", choices, note=note))
        if chosen is None:
            return False
        if chosen == NEW:
            await _new(owner, member_id, rows)
        else:
            await _change(owner, member_id, next(row for row in found if row.id == chosen))


async def _new(owner: PortalPage[Any], member_id: int, rows: Sequence[AccountRow]) -> None:
    kinds = [(kind.key, kind.title) for kind in KINDS_OF_MEMBERS]
    chosen = await owner.app.push_screen_wait(Choose(PLANS, "¿Qué desea programar?", kinds))
    if chosen is not None:
        kind = next(kind for kind in KINDS_OF_MEMBERS if kind.key == chosen)
        await PlannedPaymentFlow(owner, member_id, kind, rows).run()


async def _change(owner: PortalPage[Any], member_id: int, row: ScheduleRow) -> None:
    """One of them: its facts, and what can be done about it."""
    facts = [f"De {row.source} a {row.target}", f"{row.amount} {row.plan}", *row.past]
    choices: list[tuple[str, object]] = []
    if row.state == "active" and row.next_on is not None:
        choices.append((SKIP, f"Omitir la próxima fecha ({format_date(row.next_on)})"))
    if row.can_change:
        choices.append((CANCEL, "Cancelarlo: no se paga más"))
    if not choices:
        await owner.app.push_screen_wait(Message(row.label, "\n".join([*facts, f"Está {row.state_text}."])))
        return
    chosen = await owner.app.push_screen_wait(Choose(row.label, "¿Qué desea hacer?", choices, note=" · ".join(facts)))
    if chosen == SKIP and row.next_on is not None:
        done = await owner.call(skip_date, SkipDate(member_id, row.id, row.next_on))
    elif chosen == CANCEL:
        done = await owner.call(cancel_schedule, CancelSchedule(member_id, row.id))
    else:
        return
    await owner.app.push_screen_wait(Message(PLANS, done.text))


def line_of(row: ScheduleRow) -> str:
    """`Para luz · B/.10.00 cada mes · próxima 30/11/2026`, or what became of it."""
    if row.next_day is None:
        return f"{row.label} · {row.amount} · {row.state_text}"
    trouble = "! " if row.trouble else ""
    return f"{trouble}{row.label} · {row.amount} {row.plan} · próxima {format_date(row.next_day)}"
