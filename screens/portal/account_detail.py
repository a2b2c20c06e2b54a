"""«Ver detalle» of an account, and «Extracto de tarjeta»: what the card owes and its last movements (S86, S87, S92)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from screens.flow import flow
from screens.layout import labelled
from screens.portal.base import PortalPage
from screens.portal.movements import MemberMovements
from services.portal_accounts import GetDetail, account_detail
from widgets.text import PlainText


class Detail(PortalPage[None]):
    """Label and value, line by line."""

    HELP = "El detalle de su cuenta. Esc retrocede."
    AUTO_FOCUS = "#back"
    DEFAULT_CSS: ClassVar[str] = "Detail #detail { width: 1fr; height: auto; }"

    def __init__(self, account_id: int, title: str) -> None:
        super().__init__()
        self._account_id, self._title = account_id, title

    def heading(self) -> str:
        """The account."""
        return self._title

    def compose_form(self) -> Iterable[Widget]:
        """The lines."""
        yield PlainText(multiline=True, id="detail")

    def on_mount(self) -> None:
        """Ask for them."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        found = await self.call(account_detail, GetDetail(self._account_id))
        box = self.query_one("#detail", PlainText)
        box.show(labelled(found.lines, max(40, box.size.width)))


class CardStatement(MemberMovements):
    """What the card owes, when it is due, and its last movements."""

    DEFAULT_CSS: ClassVar[str] = "CardStatement #detail { width: 1fr; height: auto; margin-bottom: 1; }"

    def compose_above(self) -> Iterable[Widget]:
        """The card's figures."""
        yield PlainText(multiline=True, id="detail")

    def heading(self) -> str:
        """What it is called in the guide."""
        return f"Extracto de tarjeta: {self._title}"

    def on_mount(self) -> None:
        """Ask for both."""
        super().on_mount()
        self.load_figures()

    @flow
    async def load_figures(self) -> None:
        """Read and show what the card owes."""
        found = await self.call(account_detail, GetDetail(self._account_id))
        box = self.query_one("#detail", PlainText)
        box.show(labelled(found.lines, max(40, box.size.width)))
