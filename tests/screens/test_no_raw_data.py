"""No string from data reaches a widget except through the house's cleaner (req. 55)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.raw_data import raw_data

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("coop_tui", "screens", "widgets")
THE_DOORS = {"widgets/text.py", "widgets/plain_table.py"}
"""The house widgets that clean what they are given; everything else goes through them."""


def modules() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert {"widgets/text.py", "screens/base.py", "coop_tui/base_app.py"} <= set(modules())


@pytest.mark.parametrize("module", [module for module in modules() if module not in THE_DOORS])
def test_data_goes_through_the_cleaner(module: str) -> None:
    assert raw_data((ROOT / module).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from textual.widgets import Static\nStatic('x')",
        "from textual.widgets import Button, Label as Etiqueta",
        "self.app.notify(f'Hola {name}')",
        "self.notify(error.text)",
        "self.notify('Listo', title=member.name)",
        "table.add_row('1', account.product)",
        "table.add_row(*cells)",
        "self.query_one('#x').update('Saldo {}'.format(balance))",
        "self.query_one('#x').update('Saldo ' + balance)",
        "self.query_one('#x').update(name)",
        "Button(member.name)",
        "Option(f'{name}')",
        "panel.border_title = member.name",
        "Text.from_markup(name)",
        "widget.tooltip = str(error)",
    ],
)
def test_a_planted_breach_is_found(planted: str) -> None:
    assert raw_data(planted)


@pytest.mark.parametrize(
    "allowed",
    [
        "self.notify('Listo.')",
        "self.app.notify_safe(f'Hola {name}')",
        "self.query_one('#x').show(name)",
        "table.show_rows(rows)",
        "Button(safe_content(name))",
        "panel.border_title = safe_content(name)",
        "panel.border_title = 'Cuentas'",
        "x.update(safe(name) if name else 'Nada')",
    ],
)
def test_what_is_clean_passes(allowed: str) -> None:
    assert raw_data(allowed) == []
