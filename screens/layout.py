"""How label and value stand side by side in a panel of a given width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from widgets.text import padded, safe

WIDE_COLUMNS = 100
"""From here on a screen has room for everything."""


def labelled(rows: Sequence[tuple[str, str]], columns: int) -> Text:
    """Return rows of label and value; a value that is too long goes on beneath itself."""
    width = max((len(label) for label, _ in rows), default=0) + 1
    console = Console(width=max(width + 8, columns), color_system=None)
    lines = []
    for label, value in rows:
        parts = safe(value, "bold").wrap(console, max(8, columns - width))
        for at, part in enumerate(parts or [Text()]):
            lines.append(padded(label if at == 0 else "", width).append_text(part))
    return Text("\n").join(lines)
