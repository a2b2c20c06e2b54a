"""Lines of text that scroll, drawn one by one: ten thousand cost what a screenful costs."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

Layout = Callable[[int], tuple[list[Text], list[int]]]


class DocumentView(ScrollView, can_focus=True):
    """What `show` is given lays itself out for a width; `n` and `p` go from section to section."""

    DEFAULT_CSS = """
    DocumentView { height: 1fr; padding: 0 1; overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
    """
    BINDINGS = [
        Binding("down,j", "scroll_down", show=False),
        Binding("up,k", "scroll_up", show=False),
        Binding("pagedown,space", "page_down", show=False),
        Binding("pageup", "page_up", show=False),
        Binding("n", "section(1)", show=False),
        Binding("p", "section(-1)", show=False),
    ]
    help_text = "Flechas, Av Pág y Re Pág recorren el reporte; N y P van a la sección siguiente y anterior."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout_of: Layout | None = None
        self._lines: list[Text] = []
        self._starts: list[int] = []

    def show(self, layout: Layout | None) -> None:
        """Show another document from its top; None shows nothing."""
        self._layout_of = layout
        self._lay_out()
        self.scroll_to(0, 0, animate=False)

    @property
    def plain_text(self) -> str:
        """All its characters, those that are scrolled away too."""
        return "\n".join(line.plain for line in self._lines)

    def on_resize(self, _event: events.Resize) -> None:
        """Another width, another layout."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = max(20, self.scrollable_content_region.width or 78)
        self._lines, self._starts = self._layout_of(width) if self._layout_of else ([], [])
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the terminal."""
        number, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        line = self._lines[number] if number < len(self._lines) else Text("")
        strip = Strip(line.render(self.app.console))
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def action_section(self, step: int) -> None:
        """Put the next or the former section at the top."""
        here = self.scroll_offset.y
        later = [start for start in self._starts if start > here]
        sooner = [start for start in self._starts if start < here]
        if step > 0 and later:
            self.scroll_to(y=later[0], animate=False)
        elif step < 0:
            self.scroll_to(y=sooner[-1] if sooner else 0, animate=False)
