"""«Seleccione las imágenes con …»: eight drawings, chosen by number, arrows or mouse (S34)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from data.catalog.images import Picture
from screens.portal.base import Forward, PortalScreen, StepBack
from widgets.command import CommandClass
from widgets.pixel_image import PixelImage
from widgets.text import PlainText

A_ROW = 4


class Continue(Forward):
    """Envía las imágenes que eligió."""

    label = "Continuar"


class TileBoard(Vertical, can_focus=True):
    """Eight tiles in two rows. `chosen`: their positions, from 0."""

    DEFAULT_CSS = """
    TileBoard { width: auto; height: auto; }
    TileBoard .tile-row { width: auto; height: 9; }
    TileBoard .tile { width: 16; height: 9; margin-right: 2; }
    TileBoard .tile-mark { width: 16; height: 1; }
    TileBoard .tile-mark.-chosen { text-style: bold; background: $accent; color: $banner-foreground; }
    TileBoard:focus .tile-mark.-cursor { text-style: bold reverse; }
    """
    help_text = "Los números 1 a 8 marcan y desmarcan cada imagen; también las flechas con Espacio, y el ratón."

    def __init__(self, tiles: Sequence[Picture], *, id: str) -> None:
        super().__init__(id=id)
        self._tiles = tuple(tiles)
        self.chosen: set[int] = set()
        self._at = 0

    def compose(self) -> Iterable[Widget]:
        """Picture and mark of each."""
        tiles = [
            Vertical(PixelImage(tile), PlainText(classes="tile-mark", id=f"mark-{at}"), classes="tile", id=f"tile-{at}")
            for at, tile in enumerate(self._tiles)
        ]
        for start in range(0, len(tiles), A_ROW):
            yield Horizontal(*tiles[start : start + A_ROW], classes="tile-row")

    def on_mount(self) -> None:
        """Draw the marks."""
        self._draw()

    def toggle(self, at: int) -> None:
        """Choose a tile, or not."""
        self._at = at
        self.chosen ^= {at}
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Numbers, arrows, space."""
        moves = {"left": -1, "right": 1, "up": -A_ROW, "down": A_ROW}
        if event.character and event.character in "12345678"[: len(self._tiles)]:
            self.toggle(int(event.character) - 1)
        elif event.key in moves:
            self._at = (self._at + moves[event.key]) % len(self._tiles)
            self._draw()
        elif event.key == "space":
            self.toggle(self._at)
        else:
            return
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """The mouse."""
        widget = event.widget
        for node in widget.ancestors_with_self if widget is not None else ():
            name = getattr(node, "id", None) or ""
            if name.startswith("tile-"):
                event.stop()
                self.focus()
                self.toggle(int(name.removeprefix("tile-")))
                return

    def _draw(self) -> None:
        for at in range(len(self._tiles)):
            mark = self.query_one(f"#mark-{at}", PlainText)
            mark.show(f"{at + 1} {'[x]' if at in self.chosen else '[ ]'}")
            mark.set_class(at in self.chosen, "-chosen")
            mark.set_class(at == self._at, "-cursor")


class ChooseTiles(PortalScreen[frozenset[int]]):
    """Answers with the chosen positions (0–7), or None to go back. `label`: what is asked for."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Continue, StepBack)
    AUTO_FOCUS = "#tiles"
    HELP = "Marque todas las imágenes que muestran lo que se pide y pulse Enter. Así sabemos que usted es una persona."
    DEFAULT_CSS: ClassVar[str] = """
    ChooseTiles .card { padding: 0 2; }
    ChooseTiles .heading { margin-bottom: 0; }
    ChooseTiles .buttons { margin-top: 0; }
    """

    def __init__(self, label: str, tiles: Sequence[Picture], notice: str = "") -> None:
        """`notice`: why there is another board."""
        super().__init__()
        self._label, self._tiles, self._notice = label, tuple(tiles), notice

    def on_mount(self) -> None:
        """Say why there is another board."""
        super().on_mount()
        if self._notice:
            self.say(self._notice, "warning")

    def heading(self) -> str:
        """What is asked for."""
        return f"Seleccione las imágenes con {self._label}"

    def compose_form(self) -> Iterable[Widget]:
        """The board."""
        yield TileBoard(self._tiles, id="tiles")

    async def key_enter(self, event: events.Key) -> None:
        """Enter."""
        if isinstance(self.focused, TileBoard):
            event.stop()  # The screen beneath would take it for its own.
            self.action_forward()

    def action_forward(self) -> None:
        """Hand them over."""
        chosen = frozenset(self.query_one(TileBoard).chosen)
        if chosen:
            self.dismiss(chosen)
        else:
            self.say("Elija al menos una imagen.", "warning")
