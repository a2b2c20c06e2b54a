"""What every screen has: its commands, its bars, its message line, and a way back that loses nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, overload

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from widgets.command import Command, CommandClass, check_commands
from widgets.command_bar import BarEntry, FooterBar, LetterBar, letter_of
from widgets.message_line import MessageLine
from widgets.shell import Severity, Shell, shell_of
from widgets.top_bar import TopBar

if TYPE_CHECKING:
    from services.biller_gateway import BillerGateway
    from services.operator import Operator
    from services.unit_of_work import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class LineEcho:
    """What a `:` line would do, in plain Spanish, and whether it can be run."""

    text: str
    runnable: bool


class Back(Command):
    """Vuelve al paso anterior. Si hay datos escritos, pregunta antes de descartarlos."""

    id = "back"
    label = "Volver"
    keys: ClassVar[tuple[str, ...]] = ("escape",)
    footer = True


class BaseScreen(Screen[ResultT]):
    """A screen of the house.

    Subclasses name their commands in `ACTIONS`, write an `action_<id>` for each, yield their own widgets in
    `compose_body`, and say in `disabled_reason` why a command can't be used now.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Back,)
    """Commands of this class; those of its bases join them."""
    BINDINGS = [Back.binding()]  # `__init_subclass__` makes those of subclasses.
    SHOWS_MEMBER: ClassVar[bool] = False
    """The banner with the member being served stands under the top bar."""
    FURNISHED: ClassVar[bool] = True
    """Top bar, message line and command bars are there. Dialogs bring their own."""
    ALLOW_SELECT = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = tuple(cls.__dict__.get("ACTIONS", ()))
        cls.BINDINGS = [
            *cls.__dict__.get("BINDINGS", ()),
            *(command.binding() for command in own if command.keys),
        ]
        super().__init_subclass__(**kwargs)
        check_commands(cls, cls.commands())

    @classmethod
    def commands(cls) -> tuple[CommandClass, ...]:
        """Return the screen's commands, its own before those of its bases; a subclass of a command replaces
        it.
        """
        found: list[CommandClass] = []
        for base in cls.__mro__:
            for command in base.__dict__.get("ACTIONS", ()):
                if not any(issubclass(known, command) or known.id == command.id for known in found):
                    found.append(command)
        return tuple(found)

    @property
    def shell(self) -> Shell:
        """The program around this screen."""
        return shell_of(self)

    def compose(self) -> ComposeResult:
        """Put the house's furniture around the screen's own widgets."""
        if not self.FURNISHED:
            yield from self.compose_body()
            return
        yield TopBar()
        if self.SHOWS_MEMBER:
            from widgets.member_banner import MemberBanner  # The front door has none.

            yield MemberBanner()
        with Vertical(id="body"):
            yield from self.compose_body()
        if any(letter_of(self.shell.keys_of(command)) for command in self.commands()):
            yield LetterBar(id="letters")
        yield FooterBar(id="footer")

    def compose_body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        yield from ()

    def on_mount(self) -> None:
        """Fill the bars."""
        self.refresh_commands()

    def on_screen_resume(self) -> None:
        """What a dialog changed may allow or forbid commands."""
        if self.is_mounted:
            self.refresh_commands()

    # Commands -------------------------------------------------------------------------------------

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Return why a command can't be used now («Requiere verificación N3»), or None. For subclasses."""
        del command
        return None

    def reason_against(self, command: CommandClass) -> str | None:
        """Return why a command can't be used: the operator's role first, then the state of the screen."""
        return self.shell.command_reason(command) or self.disabled_reason(command)

    def refresh_commands(self) -> None:
        """Draw the bars anew; call it when what `disabled_reason` looks at has changed."""
        own, program = list(self.commands()), list(self.shell.program_commands())
        footer = sorted((command for command in (*program[:1], *own, *program[1:]) if command.footer), key=_footer_rank)
        for bar, commands in ((FooterBar, footer), (LetterBar, own)):
            for widget in self.query(bar):
                widget.set_entries([self.entry(command) for command in commands])

    def entry(self, command: CommandClass) -> BarEntry:
        """Return a command with its keys in force and the reason against it."""
        return BarEntry(command, self.shell.keys_of(command), self.reason_against(command))

    async def action_command(self, command_id: str) -> None:
        """Run the command that a key, the palette or a bar names."""
        command = next((known for known in self.commands() if known.id == command_id), None)
        if command is not None:
            await self.run_command(command)

    async def run_command(self, command: CommandClass, arguments: str | None = None) -> None:
        """Run a command of this screen, or say why it can't be.

        `arguments`: the rest of a `:` line, for `line_<id>`; None when a key or the palette started it.
        """
        if (reason := self.reason_against(command)) is not None:
            self.say(reason, "warning")
            return
        self.hush()
        handler: Callable[..., Any] = getattr(self, f"action_{command.id}")
        if arguments and (line_handler := getattr(self, f"line_{command.id}", None)) is not None:
            outcome = line_handler(arguments)
        else:
            outcome = handler()
        if inspect.isawaitable(outcome):
            await outcome

    def line_echo(self, command: CommandClass, arguments: str) -> LineEcho:
        """Say what a `:` line of this screen would do. Subclasses say it of their own commands with
        arguments.
        """
        if (reason := self.reason_against(command)) is not None:
            return LineEcho(f"{command.label}: {reason}", runnable=False)
        if arguments and not hasattr(self, f"line_{command.id}"):
            return LineEcho(f"{command.label} no lleva más datos.", runnable=False)
        return LineEcho(command.help, runnable=True)

    def line_elsewhere(self, word: str) -> str:
        """Say where a word of the `:` line belongs that this screen does not know; empty for one that is nowhere."""
        del word
        return ""

    def line_choices(self, command: CommandClass, arguments: str) -> Sequence[str]:
        """Return whole argument texts that complete `arguments` on the `:` line. For subclasses."""
        del command, arguments
        return ()

    # Service calls and messages -------------------------------------------------------------------

    @overload
    async def call(self, function: Callable[[C, Operator, UnitOfWork], R], command: C, /) -> R: ...

    @overload
    async def call(
        self, function: Callable[[C, Operator, BillerGateway | None, UnitOfWork], R], command: C, /
    ) -> R: ...

    @overload
    async def call(self, function: Callable[[Operator, UnitOfWork], R], /) -> R: ...

    @overload
    async def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...

    async def call(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """Run a use case or another blocking call in a thread and return its result; its errors are the
        caller's (`@flow` shows them).

        A use case gets the operator and the store from the program: `await self.call(find, Find("50012"))`.
        """
        return await self.shell.call(function, *args, **kwargs)

    def say(self, text: object, severity: Severity = "information") -> None:
        """Show a message that stays until the next action."""
        if (line := next(iter(self.query(MessageLine)), None)) is not None:
            line.say(text, severity)
        elif not self.query("#body"):  # A dialog.
            self.shell.notify_safe(text, severity=severity)
        elif self.is_attached:
            line = MessageLine(id="message-line")  # The first paint waits for no line that says nothing.
            line.say(text, severity)
            self.mount(line, after="#body")

    def show_failure(self, text: str) -> None:
        """Show an error that stays until the next action."""
        self.say(text, "error")

    def hush(self) -> None:
        """Take the last message away."""
        for line in self.query(MessageLine):
            line.wipe()

    # Leaving --------------------------------------------------------------------------------------

    def pending_work(self) -> str:
        """Return what would be lost by leaving now («los datos de la transferencia»), or an empty string."""
        return ""

    def help_topic(self) -> str:
        """Return the screen's own F1 text."""
        return inspect.cleandoc(self.HELP or "")

    async def action_back(self) -> None:
        """Leave this screen, after a question when typed data would be lost."""
        if len(self.app.screen_stack) <= 2:  # Textual's empty default screen lies under the first one.
            return
        if not (work := self.pending_work()):
            self.dismiss(None)
            return
        from screens.dialogs.confirm import Confirm  # The dialogs are screens of this module.

        def leave(confirmed: bool | None) -> None:
            if confirmed and self.is_current:
                self.dismiss(None)

        question = Confirm(
            "¿Descartar lo escrito?", (f"Se perderán {work}.",), accept="Descartar", trigger_keys=("escape",)
        )
        self.app.push_screen(question, leave)


class BaseModal(BaseScreen[ResultT], ModalScreen[ResultT]):
    """A dialog: answers with a value, or None when it is left with Esc. It calls no service."""

    FURNISHED = False
    DEFAULT_CSS = """
    BaseModal { align: center middle; background: $background 60%; }
    BaseModal > .dialog {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        padding: 0 1; border: round $accent; background: $surface; overflow-y: auto;
    }
    BaseModal .dialog-title { text-style: bold; width: 1fr; }
    BaseModal .dialog-keys { width: 1fr; color: $text-muted; }
    BaseModal .dialog-error { width: 1fr; color: $text-error; text-style: bold; display: none; }
    BaseModal .dialog-error.-shown { display: block; }
    """

    async def action_back(self) -> None:
        """Close without an answer, after a question when typed data would be lost."""
        if self.pending_work():
            await super().action_back()
        else:
            self.dismiss(None)


def dialog_box(*children: Widget) -> Vertical:
    """Return the frame of a dialog with its widgets."""
    return Vertical(*children, classes="dialog")


def _footer_rank(command: CommandClass) -> int:
    """Esc stands last: it is the key that everybody knows."""
    return 1 if "escape" in command.keys else 0
