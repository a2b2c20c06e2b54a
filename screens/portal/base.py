"""What every screen of the portal has: the guide's title and text, «Paso 3 de 7», and its two buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from screens.base import Back, BaseScreen
from widgets.command import Command, CommandClass
from widgets.command_bar import FooterBar
from widgets.panel import PlainButton
from widgets.text import PlainText
from widgets.top_bar import TopBar

ResultT = TypeVar("ResultT")


class Forward(Command):
    """Sigue con lo que muestra la pantalla."""

    id = "forward"
    label = "Siguiente"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class StepBack(Back):
    """Vuelve a la pantalla anterior. Lo que ya quedó guardado no se deshace."""

    label = "Retroceder"


class Info(Horizontal):
    """The text with the «i» over a form; «×» takes it away where the guide has it."""

    DEFAULT_CSS = """
    Info {
        height: auto; padding: 0 1; margin-bottom: 1; background: $panel;
        PlainText { width: 1fr; height: auto; }
        .info-mark { width: 2; color: $text-accent; text-style: bold; }
        PlainButton { min-width: 3; width: 3; padding: 0 1; }
    }
    """

    def __init__(self, text: str, *, closes: bool = False) -> None:
        super().__init__()
        self._text, self._closes = text, closes

    def compose(self) -> ComposeResult:
        """Mark, text, and the way to close it."""
        yield PlainText("i", classes="info-mark")
        yield PlainText(self._text, multiline=True)
        if self._closes:
            yield PlainButton("×", id="close-info")

    @on(Button.Pressed, "#close-info")
    def _close(self, event: Button.Pressed) -> None:
        event.stop()
        self.screen.focus_next()
        self.remove()


class PortalPage(BaseScreen[ResultT]):
    """Title, text and buttons. Subclasses yield what stands between them in `compose_form`.

    `progress`: «Paso 3 de 7», or nothing.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (StepBack,)
    HEADING: ClassVar[str] = ""
    INFO: ClassVar[str] = ""
    INFO_CLOSES: ClassVar[bool] = False
    BUTTONS: ClassVar[tuple[str, ...]] = ("back",)
    """Ids of the commands that stand as buttons, in the guide's order."""
    DEFAULT_CSS = """
    PortalPage {
        #body { align-horizontal: center; height: 1fr; }
        .card { width: 100%; max-width: 96; height: 1fr; padding: 0 2; }
        .heading { height: 2; border-bottom: solid $panel-border; margin-bottom: 1; }
        .heading-title { width: 1fr; text-style: bold; color: $text-accent; }
        .heading-progress { width: auto; color: $text-muted; }
        .note { color: $text-muted; width: 1fr; height: auto; }
        .rules { height: auto; padding-left: 22; }
        .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        .buttons PlainButton { margin-left: 2; }
        #forward { background: $accent; color: $banner-foreground; }
        #forward:disabled { background: $panel; color: $text-muted; }
        #forward:focus { text-style: bold reverse; }
    }
    PortalPage .card Field .field-label, PortalPage .card SecretField .field-label,
    PortalPage .card BirthField .field-label { width: 22; }
    PortalPage .card Field .field-error, PortalPage .card SecretField .field-error,
    PortalPage .card BirthField .field-error { padding-left: 22; }
    PortalPage.-narrow .card Field .field-label, PortalPage.-narrow .card SecretField .field-label,
    PortalPage.-narrow .card BirthField .field-label { width: 22; }
    PortalPage.-narrow .card Field .field-error, PortalPage.-narrow .card SecretField .field-error,
    PortalPage.-narrow .card BirthField .field-error { padding-left: 22; }
    PortalPage.-tall .card { padding: 1 4; }
    PortalPage.-tall .heading { margin-bottom: 2; }
    PortalPage.-tall Field, PortalPage.-tall SecretField { margin-bottom: 1; }
    PortalPage.-tall .buttons { height: 3; }
    PortalPage.-tall .buttons PlainButton { height: 3; padding: 1 3; }
    """

    def __init__(self, progress: str = "") -> None:
        super().__init__()
        self._progress = progress

    def compose(self) -> ComposeResult:
        """Bars, and the card between them."""
        yield TopBar()
        with Vertical(id="body"):
            yield from self.compose_body()
        yield FooterBar(id="footer")

    def compose_body(self) -> ComposeResult:
        """Title, text, form, buttons."""
        with VerticalScroll(classes="card", can_focus=False):
            with Horizontal(classes="heading"):
                yield PlainText(self.heading(), classes="heading-title")
                yield PlainText(self._progress, classes="heading-progress")
            if self.INFO:
                yield Info(self.INFO, closes=self.INFO_CLOSES)
            yield from self.compose_form()
            yield from self.compose_buttons()

    def heading(self) -> str:
        """The title."""
        return self.HEADING

    def compose_form(self) -> Iterable[Widget]:
        """Yield what is asked."""
        yield from ()

    def compose_buttons(self) -> Iterable[Widget]:
        """The screen's commands as buttons."""
        known = {command.id: command for command in self.commands()}
        wanted = [known[name] for name in self.BUTTONS if name in known]
        if wanted:
            yield Horizontal(*[PlainButton(command.label, id=command.id) for command in wanted], classes="buttons")

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        """A button is its command."""
        command = next((known for known in self.commands() if known.id == event.button.id), None)
        if command is not None:
            event.stop()
            await self.run_command(command)

    async def action_back(self) -> None:
        """Leave with no answer; the flow says what stands before this screen."""
        self.dismiss(None)


class PortalScreen(PortalPage[ResultT]):
    """One question, and the way on. Subclasses act in `action_forward`."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward,)
    BUTTONS: ClassVar[tuple[str, ...]] = ("back", "forward")

    def action_forward(self) -> object:
        """F2, Enter on the last field, or the button. For subclasses."""
        raise NotImplementedError
