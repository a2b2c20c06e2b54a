"""What the record keeps and lists of payments: the basket of this call, favourites, what is scheduled."""

from __future__ import annotations

from screens.basket_items import Basket
from screens.flow import flow
from screens.record_money import RecordMoney


class RecordPlans(RecordMoney):
    """The basket lives as long as the record is open."""

    def __init__(self, member_id: int) -> None:
        super().__init__(member_id)
        self.basket = Basket()

    @flow
    async def action_favourites(self) -> None:
        """`:fav`; the one that was chosen is paid as from the list of G."""
        from screens.favourites import FavouritesScreen

        chosen = await self.app.push_screen_wait(FavouritesScreen(self.member_id))
        if chosen is not None:
            await self.read_amounts()
            self.open_wanted(chosen)

    def action_schedules(self) -> None:
        """`:prog`."""
        from screens.schedules import SchedulesScreen

        self.open_payment(SchedulesScreen(self.member_id, self.rows()))

    def action_basket(self) -> None:
        """B, `:canasta`."""
        from screens.basket import BasketScreen

        self.open_payment(BasketScreen(self.member_id, self.basket))

    async def basket_may_go(self) -> bool:
        """Whether the record may be left: what was collected and not confirmed is asked about first."""
        if not self.basket.items:
            return True
        from screens.dialogs.confirm import Confirm

        if self.basket.unanswered is not None:
            line = "No se sabe si la canasta se aplicó: al volver a entrar al programa se le dirá. No la repita."
            question = Confirm("¿Dejar la canasta sin respuesta?", (line,), accept="Dejarla")
        else:
            line = f"Se pierden los pagos de la canasta que no se confirmaron ({self.basket.count_text})."
            question = Confirm("¿Terminar sin confirmar la canasta?", (line,), accept="Terminar")
        confirmed = await self.app.push_screen_wait(question)
        return bool(confirmed)
