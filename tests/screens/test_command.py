"""One class per action: what is made of it, and what is refused when a screen declares it wrongly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.app import ComposeResult

from coop_tui.base_app import BaseApp
from coop_tui.commands.cheatsheet import cheatsheet
from coop_tui.commands.keymap import KeymapError, read_keymap
from coop_tui.commands.program import PROGRAM_COMMANDS
from screens.base import Back, BaseScreen, LineEcho
from screens.dialogs.palette import Palette
from tests import house_rules as rules
from tests.screens.support import (
    NARROW,
    WIDE,
    KeyCounter,
    SteadyClock,
    assert_snapshot,
    burst,
    running,
    screen_text,
    settle,
    told,
)
from widgets.command import Command, CommandClass, CommandError, faults
from widgets.command_bar import BarEntry, footer_text, letter_text
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.keys import NEVER_ALONE, key_name


class Verify(Command):
    """Verifica a quien llama."""

    id = "verify"
    label = "Verificar"
    keys = ("v",)
    words = ("ver",)


class Transfer(Command):
    """Transfiere entre cuentas propias del asociado."""

    id = "transfer"
    label = "Transferir"
    keys = ("t",)
    words = ("tr",)
    usage = "ORIGEN DESTINO MONTO"
    operation = "transfer.own"
    level = "N2"
    dangerous = True


class Pay(Command):
    """Paga una factura."""

    id = "pay"
    label = "pagar"
    keys = ("g", "f6")
    footer = True


class Card(BaseScreen[None]):
    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Verify, Transfer, Pay)
    HELP = "La ficha del asociado."

    def compose_body(self) -> ComposeResult:
        yield Field("Nota", TextInput(id="note", help_text="Escriba una nota."))

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.verified = False

    def disabled_reason(self, command: CommandClass) -> str | None:
        return "Requiere verificación N2" if command.level and not self.verified else None

    def action_verify(self) -> None:
        self.verified = True
        self.done.append("verify")
        self.refresh_commands()

    def action_transfer(self) -> None:
        self.done.append("transfer")

    def line_transfer(self, arguments: str) -> None:
        self.done.append(f"transfer {arguments}")

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        echo = super().line_echo(command, arguments)
        if command is Transfer and echo.runnable:
            parts = arguments.split()
            if len(parts) != 3:
                return LineEcho("Faltan datos: tr ORIGEN DESTINO MONTO.", runnable=False)
            return LineEcho(f"Transfiere {parts[2]} de la cuenta {parts[0]} a la {parts[1]}.", runnable=True)
        return echo

    def action_pay(self) -> None:
        self.done.append("pay")


class Desk(BaseApp[None]):
    card: Card

    def __init__(self, **options: Any) -> None:
        clock = SteadyClock()
        super().__init__(**({"now": clock.now, "monotonic": clock.monotonic} | options))

    def on_mount(self) -> None:
        self.card = Card()
        self.push_screen(self.card)


def test_the_help_is_the_docstring() -> None:
    assert Verify.help == "Verifica a quien llama."
    assert Verify.binding().id == "verify"
    assert Pay.binding().key == "g,f6"


def test_a_key_twice_on_a_screen_is_refused() -> None:
    class Void(Command):
        """Anula."""

        id = "void"
        label = "Anular"
        keys = ("v",)

    with pytest.raises(CommandError, match="'v' is already of"):

        class Clashing(BaseScreen[None]):
            ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Verify, Void)

            def action_verify(self) -> None: ...

            def action_void(self) -> None: ...


def test_an_action_without_handler_is_refused() -> None:
    with pytest.raises(CommandError, match="no action_verify"):

        class Handless(BaseScreen[None]):
            ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Verify,)


@pytest.mark.parametrize("key", sorted(NEVER_ALONE))
def test_a_key_that_hosts_take_is_never_the_only_one(key: str) -> None:
    alone = type("Alone", (Command,), {"id": "alone", "label": "Solo", "help": "Ayuda.", "keys": (key,)})
    both = type("Both", (Command,), {"id": "both", "label": "Dos", "help": "Ayuda.", "keys": (key, "f7")})
    assert faults([alone]) and not faults([both])


def test_program_keys_are_reserved() -> None:
    taken = type("Taken", (Command,), {"id": "taken", "label": "X", "help": "Ayuda.", "keys": ("f1",)})
    assert faults([taken], reserved=PROGRAM_COMMANDS)
    assert not faults(PROGRAM_COMMANDS)
    assert not faults(Card.commands(), reserved=PROGRAM_COMMANDS)


def test_a_letter_with_priority_or_without_help_is_refused() -> None:
    assert faults([type("P", (Command,), {"id": "p", "label": "P", "help": "x", "keys": ("p",), "priority": True})])
    assert faults([type("N", (Command,), {"id": "n", "label": "N", "keys": ("f7",)})])
    assert faults([type("B", (Command,), {"id": "Bad id", "label": "N", "help": "x", "keys": ("f7",)})])


@pytest.mark.parametrize(("key", "name"), [("f2", "F2"), ("escape", "Esc"), ("ctrl+p", "^p"), (":", ":"), ("t", "t")])
def test_key_names(key: str, name: str) -> None:
    assert key_name(key) == name


def test_bars_dim_without_colour() -> None:
    assert letter_text(BarEntry(Verify, ("v",))).plain == "Verificar"
    assert letter_text(BarEntry(Pay, ("g", "f6"))).plain == "pagar"
    assert letter_text(BarEntry(Transfer, ("t",), "no")).plain == "(Transferir !)"
    letter = letter_text(BarEntry(Pay, ("x",)))
    assert letter.plain == "X pagar" and "underline" in str(letter.spans[0].style)


def test_the_footer_has_at_most_seven_keys_and_fits() -> None:
    many = [
        BarEntry(type(f"C{n}", (Command,), {"id": f"c{n}", "label": f"Orden {n}", "help": "x"}), (f"f{n}",))
        for n in range(1, 13)
    ]
    assert footer_text(many, 80).plain.count("Orden") <= 7
    assert footer_text(many, 120).plain.count("Orden") > 7
    for columns in (10, 40, 80, 120):
        assert footer_text(many, columns).cell_len <= columns


async def test_letters_act_only_where_no_field_has_the_focus() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "v")
        assert app.card.done == ["verify"]
        app.card.query_one("#note").focus()
        await burst(app, "vg")
        assert app.card.done == ["verify"]
        assert app.card.query_one("#note", TextInput).value == "vg"


async def test_a_disabled_command_stays_visible_and_says_why() -> None:
    app = Desk()
    async with running(app):
        assert "(Transferir !)" in screen_text(app)
        await burst(app, "t")
        assert app.card.done == []
        assert told(app) == ["Requiere verificación N2"]
        assert "! Requiere verificación N2" in screen_text(app)
        await burst(app, "vt")
        assert app.card.done == ["verify", "transfer"]
        assert "(Transferir" not in screen_text(app)


async def test_the_palette_lists_everything_and_runs_by_name() -> None:
    app = Desk()
    async with running(app) as pilot:
        await burst(app, "<ctrl+p>")
        assert "Requiere verificación N2" in screen_text(app)
        assert_snapshot(app, "palette_80x24")
        await burst(app, "transf<enter>")
        assert isinstance(app.screen, Palette)
        await burst(app, "<backspace><backspace><backspace><backspace><backspace><backspace>verif<enter>")
        assert app.screen is app.card and app.card.done == ["verify"]
        await pilot.pause()


async def test_the_line_says_what_it_will_do_and_never_runs_the_unknown() -> None:
    app = Desk()
    async with running(app):
        await burst(app, ":xyz<enter>")
        assert "✗ No existe ese comando" in screen_text(app)
        await burst(app, "<escape>:transferir 1 2 75")
        assert "✗ No existe «transferir». Quizá: tr (Transferir)." in screen_text(app)
        await burst(app, "<escape>:tr 1 2 75")
        assert "Requiere verificación N2" in screen_text(app)
        await burst(app, "<enter><escape>")
        assert app.card.done == []
        await burst(app, "v:t<tab>1 2")
        assert "✗ Faltan datos: tr ORIGEN DESTINO MONTO." in screen_text(app)
        await burst(app, " 75")
        assert "→ Transfiere 75 de la cuenta 1 a la 2." in screen_text(app)
        assert_snapshot(app, "command_line_80x24")
        await burst(app, "<enter>")
        assert app.card.done == ["verify", "transfer 1 2 75"]


async def test_the_line_costs_two_keys_beside_its_data() -> None:
    app = Desk()
    async with running(app) as pilot:
        keys = KeyCounter(pilot)
        await keys.press(":")
        await keys.data("ver")
        await keys.press("enter")
        assert app.card.done == ["verify"]
        assert keys.count == 2


async def test_f1_explains_the_focused_field_and_the_live_keys() -> None:
    app = Desk()
    async with running(app):
        app.card.query_one("#note").focus()
        await burst(app, "<f1>")
        text = screen_text(app)
        parts = ("Escriba una nota.", "La ficha del asociado.", "Verifica a quien llama", "Requiere verificación N2")
        for part in parts:
            assert part in text
        await burst(app, "<f1>")
        assert app.screen is app.card


async def test_remapped_keys_are_in_force_in_bars_too() -> None:
    app = Desk()
    async with running(app):
        commands = (*Card.commands(), *PROGRAM_COMMANDS)
        app.remap_keys(read_keymap({"pay": "f7", "palette": "f3,ctrl+p"}, [commands]))
        app.card.refresh_commands()
        await settle(app)
        assert "F7 pagar" in screen_text(app) and "F3 Comandos" in screen_text(app)
        await burst(app, "<f6>g")
        assert app.card.done == []
        await burst(app, "<f7>")
        assert app.card.done == ["pay"]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"nothing": "f7"}, "no existe el comando"),
        ({"pay": "ctrl+s"}, "se queda con"),
        ({"pay": "v"}, "serviría para"),
        ({"pay": " "}, "sin tecla"),
        ({"lock": "x"}, "tecla de función"),
    ],
)
def test_a_bad_keymap_is_refused_in_spanish(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(KeymapError, match=complaint):
        read_keymap(settings, [(*Card.commands(), *PROGRAM_COMMANDS)])


def test_the_cheatsheet_is_made_of_the_commands() -> None:
    page = cheatsheet({"Ficha": Card.commands(), "En todas partes": PROGRAM_COMMANDS})
    assert ":tr ORIGEN DESTINO MONTO" in page and "(N2)" in page and page.startswith("Ficha\n")
    assert f"  {Back.key_names():<10} Volver" in page


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_furniture(size: tuple[int, int]) -> None:
    clock = SteadyClock()
    app = Desk(now=clock.now)
    async with running(app, size):
        assert_snapshot(app, f"furniture_{size[0]}x{size[1]}")


def test_own_keys_are_checked_against_screens_that_were_never_opened(tmp_path: Path) -> None:
    (tmp_path / "teclas.toml").write_text('verify = "f9"\n')
    program = (
        "import sys; from pathlib import Path; from coop_tui.own_keys import own_keys; "
        "from coop_tui.commands.staff import STAFF_COMMANDS; "
        "assert 'screens.record' not in sys.modules; print(own_keys(Path(sys.argv[1]), STAFF_COMMANDS))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "teclas.toml")]
    done = subprocess.run(command, cwd=rules.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "({'verify': ('f9',)}, '')"
