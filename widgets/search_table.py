"""A table beside a search box: what is typed on it belongs to the box."""

from __future__ import annotations

from widgets.plain_table import PlainTable


class SearchTable(PlainTable, inherit_bindings=False):
    """A table without letter keys. Its screen hands typed characters to the search box."""

    BINDINGS = list(super(PlainTable, PlainTable).BINDINGS)
    """Textual's own: arrows and Enter; not the letters that the house adds."""
    help_text = "Muévase con las flechas. Enter abre la ficha. Al escribir, se busca."
