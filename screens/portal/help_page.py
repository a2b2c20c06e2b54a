"""«Preguntas Frecuentes» and «Guía de Configuración»: a page of text that anybody may read before signing in (S43)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget

from data.catalog.help import PageName, load_page
from screens.portal.base import PortalPage
from widgets.text import PlainText


class Reading(VerticalScroll, can_focus=True):
    """The text; arrows, AvPág and Fin move through it."""


class HelpText(PortalPage[None]):
    """One page. «Retroceder» leads back to where it was opened."""

    AUTO_FOCUS = "#reading"
    HELP = "Baje con las flechas, AvPág o Fin. Escape vuelve a la pantalla anterior."
    DEFAULT_CSS: ClassVar[str] = """
    HelpText .card { overflow-y: hidden; }
    HelpText #reading { height: 1fr; }
    HelpText #reading PlainText { width: 1fr; height: auto; }
    HelpText .section-title { text-style: bold; color: $text-accent; margin-top: 1; }
    HelpText .paragraph { margin-bottom: 1; padding-left: 2; }
    """

    def __init__(self, name: PageName) -> None:
        super().__init__()
        self._page = load_page(name)

    def heading(self) -> str:
        """The page's own title."""
        return self._page.title

    def compose_form(self) -> Iterable[Widget]:
        """Titles and paragraphs."""
        parts: list[PlainText] = []
        for section in self._page.sections:
            parts.append(PlainText(section.title, classes="section-title"))
            parts += [PlainText(text, multiline=True, classes="paragraph") for text in section.paragraphs]
        yield Reading(*parts, id="reading")
