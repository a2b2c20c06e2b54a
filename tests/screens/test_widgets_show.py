"""What the house's widgets show: data as it is, whoever wrote it, and state by glyph and word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rich.text import Text
from textual.app import ComposeResult

from coop_tui.base_app import BaseApp
from coop_tui.themes import HIGH_CONTRAST, THEMES
from data.values.money import Money
from screens.base import BaseScreen
from tests.screens.support import SIZES, SteadyClock, assert_snapshot, burst, running, screen_text, settle, widths
from widgets.account_table import AccountRow, AccountTable
from widgets.countdown import Countdown, remaining
from widgets.member_banner import MemberBanner, banner_text
from widgets.panel import Panel, PlainButton
from widgets.plain_table import PAGE_ROWS, Column, PlainTable
from widgets.receipt_view import ReceiptView
from widgets.shell import Identity, Served
from widgets.stage_list import Stage, StageList, StageState
from widgets.text import PlainText, joined, padded, safe
from widgets.top_bar import top_text

HOSTILE = (
    "[@click=app.quit]Juan[/]",
    "Calle 50 [/]",
    "nota [b=1",
    "[link=http://x]y[/link]",
    "\x1b]52;c;QUJD\x1b\\",
    "\x1b]8;;http://x\x07y",
    "\x9b31mrojo",
    "abc\u202edcba\u2066x",
    "ñandú\u0000\ufeff\U000e0041",
    "\ud800" + "x",
    "a" * 10_000,
    "línea\nsegunda\ttab\r\x0b",
    "👩‍👩‍👧 e\u0301" + "\u0301" * 500,
    "$x {0} %s \\[b]",
)


class Gallery(BaseScreen[None]):
    SHOWS_MEMBER = True

    def __init__(self, text: str = "ITZEL PÉREZ MUÑOZ") -> None:
        super().__init__()
        self.text = text

    def compose_body(self) -> ComposeResult:
        with Panel(self.text):
            yield StageList(id="stages")
        yield AccountTable(id="accounts")
        yield PlainText(self.text)
        yield PlainButton(self.text, key="F9")
        yield Countdown(id="countdown")
        yield ReceiptView(self.text)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(StageList).show_stages(
            [
                Stage("solicitado", StageState.DONE, "23/11 09:12", "web"),
                Stage("activado", StageState.DONE, "23/11 09:43", self.text),
                Stage("credencial", StageState.UNDER_WAY, "enviada 09:43", "vence en 23 h"),
                Stage("bloqueo", StageState.FAILED, self.text, ""),
                Stage("contraseña", StageState.OPEN),
                Stage("usuario", StageState.OPEN),
            ],
            "falta que ingrese por primera vez",
        )
        self.query_one(AccountTable).show_accounts(
            [
                AccountRow("a", "06-018-50012-1", "AHORROS", Money(120433)),
                AccountRow("b", "01-018-50012-1-7", self.text, None),
            ]
        )


class Desk(BaseApp[None]):
    def __init__(self, clock: SteadyClock, screen: BaseScreen[Any], **options: Any) -> None:
        super().__init__(now=clock.now, monotonic=clock.monotonic, **options)
        self.gallery = screen

    def on_mount(self) -> None:
        self.identify(Identity("Cooperativa en Línea", "mrodriguez", "Agente CIS", "Casa Matriz"))
        self.push_screen(self.gallery)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_shown_as_text(text: str) -> None:
    clock = SteadyClock()
    app = Desk(clock, Gallery(text))
    async with running(app):
        app.identify(Identity(text, text, text, text))
        app.serve(Served(text, text, text, "N1", clock.at + timedelta(seconds=60)))
        app.notify_safe(text, title=text, severity="error")
        app.gallery.say(text, "error")
        await settle(app)
        await burst(app, "<f1><escape><ctrl+p><escape>")
        raw = "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)
        assert not any(char in raw for char in "\x1b\x9b\x07\u202e\u2066\ufeff")
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                assert style is None or (not style.link and "@click" not in style.meta)
        assert app.is_running


@pytest.mark.parametrize("size", SIZES)
async def test_the_gallery(size: tuple[int, int]) -> None:
    clock = SteadyClock()
    app = Desk(clock, Gallery())
    async with running(app, size):
        app.serve(Served("ITZEL PÉREZ MUÑOZ", "50012", "asociada", "N1", clock.at + timedelta(seconds=760)))
        app.gallery.query_one(Countdown).count_to(clock.at + timedelta(seconds=3725))
        await settle(app)
        assert_snapshot(app, f"gallery_{size[0]}x{size[1]}")
        assert set(widths(app)) == {size[0]}
        assert "N1 verificada ▸ 12:40" in screen_text(app)


async def test_the_lease_runs_out_in_front_of_the_agent() -> None:
    clock = SteadyClock()
    ended: list[Served] = []

    class Watching(Gallery):
        def on_member_banner_lease_ended(self, event: MemberBanner.LeaseEnded) -> None:
            ended.append(event.served)

    app = Desk(clock, Watching())
    async with running(app):
        served = Served("ITZEL", "50012", "asociada", "N2", clock.at + timedelta(seconds=60))
        app.serve(served)
        clock.advance(59)
        app.gallery.query_one(MemberBanner).redraw()
        await settle(app)
        assert "00:01" in screen_text(app) and not ended
        clock.advance(1)
        for _ in range(3):
            app.gallery.query_one(MemberBanner).redraw()
        await settle(app)
        assert "verificación vencida" in screen_text(app)
        assert ended == [served]
        app.serve(None)
        await settle(app)
        assert "50012" not in screen_text(app).splitlines()[1]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_long_name_never_pushes_level_or_number_out(columns: int) -> None:
    clock = SteadyClock()
    served = Served("Ñ" * 300, "50012", "cliente", "N3", clock.at + timedelta(seconds=5))
    line = banner_text(served, clock.now(), columns)
    assert line.cell_len <= columns
    assert "50012" in line.plain
    if columns >= 80:
        assert "N3 verificada ▸ 00:05" in line.plain
    assert top_text(Identity("I" * 200, "u", "r", "b"), clock.now(), columns).cell_len <= columns


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (59, "00:59"), (760, "12:40"), (3725, "1:02:05"), (-4, "00:00")]
)
def test_remaining(seconds: int, text: str) -> None:
    assert remaining(seconds) == text


async def test_a_table_keeps_its_cursor_on_the_row_and_answers_with_its_key() -> None:
    chosen: list[str] = []

    class Rows(BaseScreen[None]):
        def compose_body(self) -> ComposeResult:
            yield PlainTable((Column("Fecha"), Column("Monto", "right", 10)))

        def on_plain_table_row_chosen(self, event: PlainTable.RowChosen) -> None:
            chosen.append(event.key)

    app = Desk(SteadyClock(), Rows())
    async with running(app):
        table = app.gallery.query_one(PlainTable)
        table.show_rows([("x", ("01/11", "[/]")), ("y", ("02/11", 7)), ("z", ("03/11", "9.00"))])
        await burst(app, "j<enter>")
        table.show_rows([("w", ("31/10", 1)), ("x", ("01/11", 2)), ("y", ("02/11", 3))])
        await burst(app, "<enter>")
        assert chosen == ["y", "y"]
        assert "[/]" not in screen_text(app)
        with pytest.raises(ValueError, match="at most"):
            table.show_rows([(str(n), ("", "")) for n in range(PAGE_ROWS + 1)])
        with pytest.raises(ValueError, match="differ"):
            table.show_rows([("x", ("only one",))])


def test_composed_text_keeps_blanks_and_styles_until_it_is_unclean() -> None:
    composed = Text("  a  ", "bold")
    assert safe(composed) is composed
    assert joined("✗ ", "[/]").plain == "✗ [/]"
    assert padded("ab", 4).plain == "ab  " and padded("ab", 4, right=True).plain == "  ab"
    dirty = safe(Text(" x\x1b[31m\u202e ", "bold"))
    assert dirty.plain == " x·[31m· "
    assert safe("  línea 1\n    línea 2", multiline=True).plain == "  línea 1\n    línea 2"
    assert safe(None).plain == "" and safe("x" * 5000).plain.endswith("…")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_theme_can_be_read(theme: Any) -> None:
    """WCAG 2: 4.5 for text, 7 in the high-contrast theme."""
    least = 7.0 if theme.name == HIGH_CONTRAST else 4.5
    named = theme.variables
    pairs = [(theme.foreground, ground) for ground in (theme.background, theme.surface, theme.panel)]
    pairs += [(theme.foreground, named["field"]), (theme.foreground, named["field-focus"])]
    pairs += [(named[f"text-{kind}"], theme.background) for kind in ("success", "warning", "error", "accent", "muted")]
    pairs += [(named["banner-foreground"], theme.accent)]
    pairs += [(named["footer-foreground"], named["footer-background"])]
    pairs += [(named["block-cursor-foreground"], named["block-cursor-background"])]
    for one, other in pairs:
        assert contrast(one, other) >= least, (theme.name, one, other)


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_and_no_colour_show_the_same_text(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for no_color in (False, True):
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        app = Desk(SteadyClock(), Gallery(), theme=theme)
        async with running(app):
            assert app.current_theme.name == theme and app.animation_level == "none"
            assert app.no_color is no_color
            texts.append(screen_text(app))
    assert texts[0] == texts[1]
