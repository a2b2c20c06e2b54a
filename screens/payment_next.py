"""What else may become of a payment: into the basket, repeated by the program, kept as a favourite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from screens.basket_items import basket_of
from screens.flow import flow
from screens.money_form import MoneyForm
from screens.money_results import Told
from services.biller_payments import PrepareBill
from services.favourites import KeepPaid, keep_paid
from services.operations import Op
from services.payments import PreparePayment
from widgets.command import Command, CommandClass


class ToBasket(Command):
    """Pone este pago en la canasta, para confirmarlo junto con otros de la misma llamada."""

    id = "to_basket"
    label = "Canasta"
    keys: ClassVar[tuple[str, ...]] = ("b", "+")


class PlanPayment(Command):
    """Programa este pago: otro día, cada semana, quincena o mes."""

    id = "plan_payment"
    label = "Programar"
    keys: ClassVar[tuple[str, ...]] = ("p",)
    operation = Op.SCHEDULE_MANAGE.value


class KeepAsFavourite(Command):
    """Guarda a quién o qué se pagó en los favoritos del asociado."""

    id = "keep_favourite"
    label = "Favorito"
    keys: ClassVar[tuple[str, ...]] = ("f",)
    operation = Op.FAVOURITE_MANAGE.value


class PaymentNext(MoneyForm):
    """From the review a payment may go into the basket; from review or receipt it may be repeated; what was paid may be
    kept."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ToBasket, PlanPayment, KeepAsFavourite)
    asked: PreparePayment | PrepareBill | None = None
    """The payment of the review."""

    def word(self) -> str:
        """The word that stands for the amount, if one does. For subclasses."""
        return ""

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Each has its moment."""
        if command is ToBasket and (self.prepared is None or self.over or self.unanswered):
            return "A la canasta se va desde la revisión."
        if command is ToBasket and self.prepared is not None and self.prepared.approval:
            return "Lo que necesita un supervisor se envía solo, fuera de la canasta."
        if command is PlanPayment and (self.prepared is None or self.waiting or self.unanswered):
            return "Se programa desde la revisión o el comprobante."
        if command is KeepAsFavourite and self.receipt is None:
            return "Se guarda cuando ya hay comprobante."
        return super().disabled_reason(command)

    def action_to_basket(self) -> None:
        """B or +."""
        if self.asked is None or self.prepared is None:
            return
        basket = basket_of(self)
        if refusal := basket.refusal(self.asked):
            self.say(refusal, "warning")
            return
        basket.add(self.asked, whither(self.asked, self.prepared.summary))
        self.dismiss(Told(f"En la canasta: {basket.count_text}. B los revisa y confirma juntos."))

    @flow
    async def action_plan_payment(self) -> None:
        """P: when and how often; what was done is told on the record."""
        from screens.schedule_form import ScheduleScreen

        if self.asked is None or self.prepared is None:
            return
        paid = self.receipt is not None
        form = ScheduleScreen(self.asked, self.word(), self.prepared.summary, paid=paid)
        done = await self.app.push_screen_wait(form)
        if done:
            self.dismiss(done)

    @flow
    async def action_keep_favourite(self) -> None:
        """F."""
        if self.receipt is not None:
            kept = await self.call(keep_paid, KeepPaid(self.member_id, self.receipt.operation_id))
            self.say(kept.text)


def whither(payment: PreparePayment | PrepareBill, summary: Sequence[tuple[str, str]]) -> str:
    """Where it goes, in the words of its review: an account, or a biller and its number."""
    if isinstance(payment, PreparePayment):
        return dict(summary).get("Hacia", "")
    return " ".join(value for _, value in summary[1:3])
