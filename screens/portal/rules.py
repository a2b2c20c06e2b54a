"""Rules beneath a field, each with its mark: met or not, told by sign and word, never by colour alone (S49)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from widgets.text import PlainText, safe


class Rules(PlainText):
    """`✓ 8 caracteres mínimo`. What is not met yet has `○`, or `✗` once something was typed."""

    DEFAULT_CSS = "Rules { height: auto; padding-left: 22; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id)

    def show_rules(self, rules: Sequence[tuple[str, bool]], *, typed: bool, hint: str = "") -> None:
        """Draw `(label, met)`; `typed`: something stands in the field; `hint`: good advice, no rule."""
        lines = []
        for label, met in rules:
            mark, style = ("✓", "bold") if met else ("✗" if typed else "○", "dim" if not typed else "")
            lines.append(Text(f"{mark} ", style).append_text(safe(label, style)))
        if hint:
            lines.append(safe(f"i {hint}"))
        self.show(Text("\n").join(lines))
