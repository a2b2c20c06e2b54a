"""What a `:` line means on the screen where it was typed, and how a command is run by its word or its name."""

from __future__ import annotations

from typing import Any, Protocol

from data.values.text import fold
from screens.base import BaseScreen, LineEcho
from widgets.command import CommandClass
from widgets.shell import Shell


class Program(Shell, Protocol):
    """The application, as the line sees it."""

    @property
    def screen(self) -> Any:
        """The screen on top."""

    @property
    def screen_stack(self) -> list[Any]:
        """All screens, the top one last."""

    async def action_command(self, command_id: str) -> None:
        """Run a command of the program."""


class CommandRunner:
    """Reads lines against the commands of the screen below the line's dialog and those of the program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def preview(self, text: str) -> LineEcho:
        """Say in plain Spanish what a line would do."""
        command, arguments = self._by_word(text)
        screen = self._screen()
        if command is None:
            known = screen.line_elsewhere(text.partition(" ")[0].casefold()) if screen is not None else ""
            return LineEcho(known or self._unknown(text), runnable=False)
        if screen is None or command not in screen.commands():
            return LineEcho(command.help, runnable=not arguments)
        return screen.line_echo(command, arguments)

    def _unknown(self, text: str) -> str:
        """That there is no such word; of one that says a command's whole name, the word that stands for it."""
        typed = fold(text.partition(" ")[0])
        meant = [known for known in self._commands() if known.words and len(typed) > 2 and _means(typed, known)]
        if not meant:
            return "No existe ese comando. Pulse ^p para verlos todos."
        return f"No existe «{typed}». Quizá: {', '.join(f'{one.words[0]} ({one.label})' for one in meant[:3])}."

    def completions(self, text: str) -> list[str]:
        """Return whole lines that begin like `text`."""
        command, arguments = self._by_word(text)
        screen = self._screen()
        if command is not None and screen is not None and command in screen.commands() and (arguments or " " in text):
            return [f"{text.split(' ')[0]} {choice}" for choice in screen.line_choices(command, arguments)]
        words = sorted(word for known in self._commands() for word in known.words)
        return [word for word in words if word.startswith(text.casefold())]

    async def run(self, text: str) -> None:
        """Run a line that `preview` allows; say why not otherwise."""
        echo = self.preview(text)
        command, arguments = self._by_word(text)
        if command is None or not echo.runnable:
            self._program.notify_safe(echo.text, severity="warning")
            return
        await self._run(command, arguments)

    async def run_by_id(self, command_id: str) -> None:
        """Run a command of the current screen or of the program by its id."""
        command = next((known for known in self._commands() if known.id == command_id), None)
        if command is not None:
            await self._run(command, None)

    def _by_word(self, text: str) -> tuple[CommandClass | None, str]:
        word, _, arguments = text.partition(" ")
        command = next((known for known in self._commands() if word.casefold() in known.words), None)
        return command, arguments.strip()

    def _screen(self) -> BaseScreen[Any] | None:
        from screens.dialogs.command_line import CommandLine  # As every dialog, it loads when it is opened.

        for screen in reversed(self._program.screen_stack):
            if isinstance(screen, BaseScreen) and not isinstance(screen, CommandLine):
                return screen
        return None

    def _commands(self) -> tuple[CommandClass, ...]:
        screen = self._screen()
        own = screen.commands() if screen is not None else ()
        return (*own, *self._program.program_commands())

    async def _run(self, command: CommandClass, arguments: str | None) -> None:
        screen = self._program.screen
        if isinstance(screen, BaseScreen) and command in screen.commands():
            await screen.run_command(command, arguments)
        else:
            await self._program.action_command(command.id)


def _means(typed: str, command: CommandClass) -> bool:
    """Whether a whole word may stand for a command: `transferir` for `tr`, `movimientos` for `mov`."""
    label = fold(command.label)
    return label.startswith(typed) or any(len(word) > 2 and typed.startswith(word) for word in command.words)
