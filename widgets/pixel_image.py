"""A small picture in a terminal: two pixels a cell, as half blocks (S54, req. 60).

Where the terminal has fewer colours, the nearest ones are taken; where it has none, or the person asked for none
(NO_COLOR), light and dark are told apart by the density of the characters, so that no picture hangs on its colours.
"""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from data.catalog import images
from data.catalog.images import Picture

UPPER, LOWER = "▀", "▄"
#: From dark to light, for a light text on a dark ground.
SHADES = " ░▒▓█"
#: Two pixels of a cell that differ by this much of the picture's range (percent) are drawn apart.
APART = 45


class PixelImage(Widget):
    """One picture: `size` columns by half as many rows. `show` changes it; nothing in it is read as markup."""

    DEFAULT_CSS = """
    PixelImage { width: auto; height: auto; }
    """

    def __init__(
        self, image: str | Picture | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        """`image`: the id of a security picture, or pixels (a challenge's tile)."""
        super().__init__(id=id, classes=classes)
        self._picture: Picture | None = None
        self._strips: list[Strip] = []
        self.show(image)

    def show(self, image: str | Picture | None) -> None:
        """Show another picture, or nothing. An id that no catalogue has shows nothing."""
        self._picture = images.picture(image) if isinstance(image, str) else image
        self._strips = []
        self.refresh(layout=True)

    @property
    def picture(self) -> Picture | None:
        """The pixels on show."""
        return self._picture

    def get_content_width(self, container: Size, viewport: Size) -> int:
        del container, viewport
        return self._picture.size if self._picture else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport, width
        return self._picture.size // 2 if self._picture else 0

    def render_line(self, y: int) -> Strip:
        if self._picture is None or y >= self._picture.size // 2:
            return Strip.blank(self.size.width, self.rich_style)
        if not self._strips:
            plain = self.app.no_color or self.app.console.color_system is None
            self._strips = shaded(self._picture) if plain else coloured(self._picture)
        return self._strips[y].adjust_cell_length(self.size.width, self.rich_style)


def coloured(picture: Picture) -> list[Strip]:
    """Rows of half blocks: the upper pixel as the text's colour, the lower one as the ground's."""
    styles: dict[tuple[tuple[int, int, int], tuple[int, int, int]], Style] = {}
    strips = []
    for y in range(0, picture.size, 2):
        segments = []
        for x in range(picture.size):
            pair = picture.pixel(x, y), picture.pixel(x, y + 1)
            style = styles.get(pair)
            if style is None:
                style = styles[pair] = Style(color=Color.from_rgb(*pair[0]), bgcolor=Color.from_rgb(*pair[1]))
            segments.append(Segment(UPPER, style))
        strips.append(Strip(segments, picture.size))
    return strips


def shaded(picture: Picture) -> list[Strip]:
    """Rows without colour: the lighter the denser; where upper and lower pixel differ much, half a block."""
    light = [[_lightness(picture.pixel(x, y)) for x in range(picture.size)] for y in range(picture.size)]
    values = sorted(value for row in light for value in row)
    # The extreme twentieths don't count: a few white pixels must not make everything else dark.
    low, high = values[len(values) // 20], values[-1 - len(values) // 20]
    spread = max(high - low, 1)
    strips = []
    for y in range(0, picture.size, 2):
        cells = [
            _shade(min(max(over - low, 0) * 100 // spread, 100), min(max(under - low, 0) * 100 // spread, 100))
            for over, under in zip(light[y], light[y + 1], strict=True)
        ]
        strips.append(Strip([Segment("".join(cells), Style())], picture.size))
    return strips


def _shade(over: int, under: int) -> str:
    """One cell: lightness of its two pixels, in percent."""
    if over - under >= APART:
        return UPPER
    if under - over >= APART:
        return LOWER
    return SHADES[min((over + under) * len(SHADES) // 200, len(SHADES) - 1)]


def _lightness(colour: tuple[int, int, int]) -> int:
    """0–255000, as the eye weighs red, green and blue (ITU-R BT.709)."""
    return colour[0] * 213 + colour[1] * 715 + colour[2] * 72
