"""Whom and what the member pays often: by number once more, renamed, taken off the list."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult

from data.values.money import Money
from screens.access_forms import Form
from screens.dialogs.confirm import Confirm
from screens.flow import flow
from screens.layout import WIDE_COLUMNS
from screens.member_screen import MemberScreen
from services.favourites import (
    LABEL_LENGTH,
    FavouriteRow,
    ForgetFavourite,
    ListFavourites,
    RenameFavourite,
    favourites,
    forget_favourite,
    rename_favourite,
)
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField
from widgets.house_input import TextInput
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

ENDED = "La verificación terminó: los favoritos ya no se muestran. Esc vuelve a la ficha."


class PayAgain(Command):
    """Abre el pago con los datos del favorito marcado; el monto es el de la última vez."""

    id = "pay_again"
    label = "Pagar"
    keys: ClassVar[tuple[str, ...]] = ("enter",)
    footer = True


class Rename(Command):
    """Cambia el nombre del favorito marcado."""

    id = "rename"
    label = "Renombrar"
    keys: ClassVar[tuple[str, ...]] = ("r",)


class Forget(Command):
    """Quita de la lista el favorito marcado."""

    id = "forget"
    label = "Quitar"
    keys: ClassVar[tuple[str, ...]] = ("x",)


class RenameForm(Form):
    """Another name."""

    TITLE_TEXT = "Renombrar favorito"

    def __init__(self, member_id: int, row: FavouriteRow) -> None:
        self.row = row
        self.new = Field("Nombre", TextInput(id="label", value=row.label, max_length=LABEL_LENGTH), id="f-label")
        super().__init__(member_id, summary=(row.target,))

    def fields(self) -> list[Field[Any] | SecretField]:
        """The name."""
        return [self.new]

    def pending_work(self) -> str:
        """A name that was changed."""
        return "el nombre escrito" if self.new.text != self.row.label else ""

    async def act(self) -> str:
        """Keep it."""
        command = RenameFavourite(self.member_id, self.row.id, self.new.text)
        return (await self.call(rename_favourite, command)).text


class FavouritesScreen(MemberScreen[FavouriteRow]):
    """The most used first; answers the one that is to be paid."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (PayAgain, Rename, Forget)
    AUTO_FOCUS = "#favourites"
    HELP = (
        "Lo que el asociado paga seguido, lo más usado arriba. Su número, o Enter, abre el pago con los mismos datos;"
        " R le cambia el nombre y X lo quita. Se guarda uno con F desde el comprobante de un pago."
    )
    DEFAULT_CSS = """
    FavouritesScreen Panel { height: 1fr; }
    FavouritesScreen #favourites { height: 1fr; max-height: 100%; }
    FavouritesScreen #favourite-detail { height: 2; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self.member_id = member_id
        self._rows: tuple[FavouriteRow, ...] = ()

    def compose_body(self) -> ComposeResult:
        """One table, one detail."""
        wide = self.app.size.width >= WIDE_COLUMNS
        columns = (
            Column("N.º", "right", 3), Column("Nombre", width=40 if wide else 22),
            Column("Destino", width=40 if wide else 26), Column("Último", "right", 11), Column("Veces", "right", 5),
        )  # fmt: skip
        yield Panel("Favoritos", PlainTable(columns, id="favourites"), id="favourites-panel")
        yield PlainText(multiline=True, id="favourite-detail")

    def on_mount(self) -> None:
        """Read what there is."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(favourites, ListFavourites(self.member_id))
        self.shows_verified = True
        cells = [
            (
                str(row.id),
                (
                    row.position,
                    row.label,
                    f"{row.target} {row.reference_shown}".strip(),
                    Money(row.last_amount).format() if row.last_amount is not None else "",
                    row.uses,
                ),
            )
            for row in self._rows
        ]
        self.query_one("#favourites", PlainTable).show_rows(cells)
        note = "" if cells else "Ninguno: F los guarda desde un comprobante"
        self.query_one("#favourites-panel", Panel).retitle("Favoritos", note)
        self._show_marked()

    def verification_ended(self) -> None:
        """What only a verified caller hears goes."""
        self._rows = ()
        self.query_one("#favourites", PlainTable).show_rows([])
        self._show_marked()
        self.say(ENDED, "warning")

    def _marked(self) -> FavouriteRow | None:
        key = self.query_one("#favourites", PlainTable).current_key
        return next((row for row in self._rows if str(row.id) == key), None)

    @on(PlainTable.RowMarked, "#favourites")
    def _show_marked(self) -> None:
        row = self._marked()
        parts = (row.kind_title, row.holder, row.obstacle) if row is not None else ()
        self.query_one("#favourite-detail", PlainText).show(" · ".join(part for part in parts if part))
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What the marked one allows."""
        if command not in (PayAgain, Rename, Forget):
            return None
        row = self._marked()
        if row is None:
            return "No hay un favorito marcado."
        return row.obstacle or None if command is PayAgain else None

    # Acts -----------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """A number pays that one."""
        if event.character and event.character.isdecimal():
            at = int(event.character) - 1
            if 0 <= at < len(self._rows):
                event.stop()
                self.query_one("#favourites", PlainTable).move_cursor(row=at)
                await self.run_command(PayAgain)

    @on(PlainTable.RowChosen, "#favourites")
    async def _chosen(self) -> None:
        await self.run_command(PayAgain)

    def action_pay_again(self) -> None:
        """Enter or the number."""
        if (row := self._marked()) is not None:
            self.dismiss(row)

    @flow
    async def action_rename(self) -> None:
        """R."""
        if (row := self._marked()) is None:
            return
        done = await self.app.push_screen_wait(RenameForm(self.member_id, row))
        if done:
            await self._read()
            self.say(done)

    @flow
    async def action_forget(self) -> None:
        """X."""
        if (row := self._marked()) is None:
            return
        question = Confirm("¿Quitar de los favoritos?", (f"{row.label}: {row.target}",), accept="Quitar")
        if await self.app.push_screen_wait(question):
            done = await self.call(forget_favourite, ForgetFavourite(self.member_id, row.id))
            await self._read()
            self.say(done.text)
