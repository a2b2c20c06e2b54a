"""The program around the screens: the keyboard gate, the keys that are everywhere, messages, and what
happens on a fault.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, ParamSpec, TypeVar, overload

from rich.segment import Segments
from rich.text import Text
from textual import events
from textual.app import App
from textual.screen import Screen

from coop_tui.commands.line import CommandRunner
from coop_tui.commands.program import PROGRAM_COMMANDS, Lock, Quit
from coop_tui.faults import log_fault, user_text
from coop_tui.key_gate import Hold, KeyGate, own_holds
from coop_tui.themes import LIGHT, THEMES
from screens.base import BaseScreen
from screens.flow import flow
from widgets.command import CommandClass
from widgets.command_bar import BarEntry
from widgets.keys import long_key
from widgets.shell import Identity, Served, Severity
from widgets.text import plain
from widgets.top_bar import TopBar

P = ParamSpec("P")
R = TypeVar("R")
AppResultT = TypeVar("AppResultT")
ScreenResultT = TypeVar("ScreenResultT")


class BaseApp(App[AppResultT], inherit_bindings=False):
    """What the staff app and the member's portal share. Subclasses push their first screen in `on_mount`."""

    ENABLE_COMMAND_PALETTE = False  # Textual's own offers screenshots of members' data (T4).
    ALLOW_SELECT = False  # Selected screen text goes to the clipboard (T3).
    INSTITUTION: ClassVar[str] = "Cooperativa en Línea"
    PROGRAM_COMMANDS: ClassVar[tuple[CommandClass, ...]] = PROGRAM_COMMANDS
    BINDINGS = [command.binding() for command in PROGRAM_COMMANDS]
    CSS = "ToastRack { dock: top; align: right top; margin-top: 2; margin-bottom: 0; }"
    """Toasts stand on top: at the bottom they would cover the message line and the keys."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        theme: str = LIGHT,
    ) -> None:
        super().__init__()
        self._now, self._monotonic = now, monotonic
        self._identity = Identity(self.INSTITUTION)
        self._served: Served | None = None
        self._remapped: dict[str, tuple[str, ...]] = {}
        self.lines = CommandRunner(self)
        self.gate = KeyGate(self, self._deliver)
        self.animation_level = "none"
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    def refresh_css(self, animate: bool = True) -> None:
        """Read the styles anew; before there is a screen, their variables alone: they have yet to be read at all."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    # Keyboard -------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Send typed keys and pastes through the gate; everything else goes its way."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.gate.take(event)
        else:
            await super().on_event(event)

    async def _deliver(self, event: events.Key | events.Paste) -> None:
        """Hand a key on whose turn it is."""
        self.typed(event)
        await super().on_event(event)

    def typed(self, event: events.Key | events.Paste) -> None:
        """A key is about to reach what has the focus. For subclasses."""

    def on_ready(self) -> None:
        """Look every second whether somebody is still at the other end of the terminal."""
        if not self.is_headless and not self.is_web:
            self.set_interval(1, self._end_if_left)

    def _end_if_left(self) -> None:
        """A window was closed, a line was cut: end as if asked to. No signal tells that to who runs below another
        program, and the input would be read at its end for ever, with somebody signed in."""
        from coop_tui.terminal_end import is_terminal_gone

        if is_terminal_gone():
            self.exit()

    def on_unmount(self) -> None:
        """Let the keyboard go."""
        self.gate.close()

    def hold_keys(self) -> Hold:
        """Hold typed keys back until the hold is released: `with self.app.hold_keys(): …`."""
        return self.gate.hold()

    def remap_keys(self, keymap: Mapping[str, tuple[str, ...]]) -> None:
        """Put the user's keys in force (see `coop_tui.commands.keymap.read_keymap`)."""
        self._remapped = dict(keymap)
        self.set_keymap({command_id: ",".join(keys) for command_id, keys in keymap.items()})

    def keys_of(self, command: CommandClass) -> tuple[str, ...]:
        """Return the keys in force for a command, in their long spelling."""
        return self._remapped.get(command.id, tuple(long_key(key) for key in command.keys))

    @overload
    async def push_screen_wait(self, screen: Screen[ScreenResultT], *, mode: str | None = None) -> ScreenResultT: ...

    @overload
    async def push_screen_wait(self, screen: str, *, mode: str | None = None) -> Any: ...

    async def push_screen_wait(self, screen: Screen[Any] | str, *, mode: str | None = None) -> Any:
        """Ask the user something from a flow. The flow's hold lets keys through to the dialog until it is
        answered.
        """
        holds = own_holds()
        await self._flush_next_callbacks()
        future = self.push_screen(screen, wait_for_dismiss=True, mode=mode)

        # As soon as the dialog is answered, before the next key can come: it belongs to what the flow shows
        # next.
        def answered(_: object) -> None:
            for hold in holds:
                hold.resume()

        future.add_done_callback(answered)
        for hold in holds:
            hold.pause()
        return await asyncio.shield(future)

    # Service calls and messages -------------------------------------------------------------------

    async def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking call in a thread and return its result."""
        return await asyncio.to_thread(function, *args, **kwargs)

    def notify_safe(self, message: object, *, title: str = "", severity: Severity = "information") -> None:
        """Show a toast; nothing in it is markup (T2)."""
        super().notify(plain(message), title=plain(title), severity=severity, markup=False)

    def failure_text(self, error: BaseException) -> str:
        """Return what the user reads about an error; a fault of the program is logged under the code that it
        names.
        """
        return user_text(error) or log_fault(error)

    def _handle_exception(self, error: Exception) -> None:
        """End on a fault, showing its reference code and nothing of its values (req. 57)."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        # `repr` and rich renderings of an error show members' data: both of Textual's ways are closed.
        text = Text(f"{log_fault(error)} Avise a soporte con ese código. Lo confirmado quedó guardado.")
        self._exit_renderables.append(Segments(list(self.console.render(text, self.console.options))))
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        """Textual's traceback prints local variables: never used."""

    # Who works here, and for whom -----------------------------------------------------------------

    def now(self) -> datetime:
        """Return the time by the injected clock."""
        return self._now()

    def monotonic(self) -> float:
        """Return seconds by the injected steady clock."""
        return self._monotonic()

    def identity(self) -> Identity:
        """Return who works here."""
        return self._identity

    def served(self) -> Served | None:
        """Return whom they serve."""
        return self._served

    def identify(self, identity: Identity) -> None:
        """Show another person at work (sign-in, sign-out)."""
        self._identity = identity
        self._redraw_bars()

    def serve(self, served: Served | None) -> None:
        """Show another member, or another level of the same one. What was told of the last one goes with them."""
        if self._served is not None and (served is None or served.number != self._served.number):
            self.clear_notifications()
        self._served = served
        self._redraw_bars()

    def _redraw_bars(self) -> None:
        from widgets.member_banner import MemberBanner  # The front door has none.

        for screen in self.screen_stack:
            for bar in (*screen.query(TopBar), *screen.query(MemberBanner)):
                bar.redraw()

    # Commands -------------------------------------------------------------------------------------

    def program_commands(self) -> Sequence[CommandClass]:
        """Return the commands that every screen has."""
        return self.PROGRAM_COMMANDS

    def command_reason(self, command: CommandClass) -> str | None:
        """Return why the operator's role can't use a command, or None. The services decide; subclasses
        mirror them.
        """
        del command
        return None

    async def action_command(self, command_id: str) -> None:
        """Run a program command by its id."""
        command = next((known for known in self.program_commands() if known.id == command_id), None)
        if command is None:
            return
        if (reason := self.command_reason(command)) is not None:
            self.notify_safe(reason, severity="warning")
            return
        outcome = getattr(self, f"action_{command.id}")()
        if asyncio.iscoroutine(outcome):
            await outcome

    def entries(self) -> list[BarEntry]:
        """Return every command of the current screen and of the program, with keys in force and reasons."""
        screen = self.screen
        found: list[BarEntry] = []
        if isinstance(screen, BaseScreen):
            found = [screen.entry(known) for known in screen.commands()]
        return found + [
            BarEntry(known, self.keys_of(known), self.command_reason(known)) for known in self.program_commands()
        ]

    def action_help(self) -> None:
        """F1: the focused field, the screen and its keys; again closes it."""
        from screens.dialogs.help import Help  # Dialogs load when they open: the first paint waits for none.

        screen = self.screen
        if isinstance(screen, Help):
            screen.dismiss(None)
            return
        topic = screen.help_topic() if isinstance(screen, BaseScreen) else ""
        field_help = str(getattr(self.focused, "help_text", "") or "")
        self.push_screen(Help("" if field_help == topic else field_help, topic, self.entries()))

    @flow
    async def action_palette(self) -> None:
        """Ctrl+P."""
        from screens.dialogs.palette import Palette

        entries = [entry for entry in self.entries() if entry.command.id != "palette"]
        chosen = await self.push_screen_wait(Palette(entries))
        if chosen:
            await self.lines.run_by_id(chosen)

    @flow
    async def action_line(self) -> None:
        """The `:` line."""
        from screens.dialogs.command_line import CommandLine

        text = await self.push_screen_wait(CommandLine(self.lines.completions, self.lines.preview))
        if text:
            await self.lines.run(text)

    def action_cheatsheet(self) -> None:
        """All keys of this screen and of the program."""
        from coop_tui.commands.cheatsheet import cheatsheet
        from screens.dialogs.cheatsheet import Cheatsheet

        screen = self.screen
        groups: dict[str, Iterable[CommandClass]] = {}
        if isinstance(screen, BaseScreen):
            groups["Esta pantalla"] = screen.commands()
        groups["En todas partes"] = self.program_commands()
        self.push_screen(Cheatsheet(cheatsheet(groups, self.keys_of)))

    def action_lock(self) -> None:
        """F12. The staff app covers the screen and asks for the password; without a session there is nothing
        to lock.
        """
        self.notify_safe("No hay una sesión abierta que bloquear.", severity="warning")

    async def action_quit(self) -> None:
        """F10: ends the program, after a question when work is pending."""
        from screens.dialogs.confirm import Confirm

        if not isinstance(self.screen, Confirm):
            self._quit()

    @flow
    async def _quit(self) -> None:
        from screens.dialogs.confirm import Confirm

        pending = [
            work for screen in self.screen_stack if isinstance(screen, BaseScreen) and (work := screen.pending_work())
        ]
        question = Confirm(
            "¿Salir del programa?",
            [f"Se perderán {work}." for work in pending],
            accept="Salir",
            trigger_keys=Quit.keys,
        )
        if not pending or await self.push_screen_wait(question):
            self.exit()


__all__ = ["BaseApp", "Lock", "Quit"]
