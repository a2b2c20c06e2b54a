"""The portal's two help pages, «Preguntas Frecuentes» and «Guía de Configuración» (S43): our own text, one file each.

No limit, minute or number of tries stands in them: those live in the policy, and screens say them where they matter.
"""

import functools
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.catalog.reader import Row, read_catalog

PageName = Literal["preguntas", "guia"]
PAGES: tuple[PageName, ...] = ("preguntas", "guia")


@dataclass(frozen=True, slots=True)
class Section:
    """A question or a step, and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: its title and its sections, in order."""

    title: str
    version: date
    sections: tuple[Section, ...]


def parse_page(name: PageName, text: str | None = None) -> HelpPage:
    """Read a page's file (or `text`). Raises CatalogError."""
    top = read_catalog(f"help/{name}.toml", text)
    page = HelpPage(top.text("title"), top.day("version"), tuple(_section(row) for row in top.rows("section", "title")))
    if not page.sections:
        raise top.error("no tiene secciones")
    top.done()
    return page


@functools.cache
def load_page(name: PageName) -> HelpPage:
    """A page that the program ships, read once."""
    return parse_page(name)


def _section(row: Row) -> Section:
    paragraphs = tuple(" ".join(part.split()) for part in row.text("text").strip().split("\n\n"))
    section = Section(row.text("title"), paragraphs)
    row.done()
    return section
