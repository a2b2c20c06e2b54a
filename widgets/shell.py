"""What screens and widgets may ask of the program around them, without importing it (imports run one way)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, TypeVar, cast

from textual.message_pump import MessagePump

from widgets.command import CommandClass

R = TypeVar("R")
Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True)
class Identity:
    """Who works at this terminal, as the top bar shows it. Empty strings while nobody has signed in."""

    institution: str
    user: str = ""
    role: str = ""
    branch: str = ""
    notice: tuple[str, ...] = ()
    """What waits for them («▲ 2 por aprobar · F4»), from the longest wording to the shortest."""
    recorded: bool = False
    """What is done here is recorded."""


@dataclass(frozen=True)
class Served:
    """Whom the operator serves, as the banner shows it."""

    name: str
    number: str
    standing: str
    """«asociada», «cliente»."""
    level: str = ""
    """Verification level in force (`N1`); empty: not verified."""
    lease_until: datetime | None = None
    """When the verification ends (aware)."""


class KeyHold(Protocol):
    """Typed keys wait until it is released; also a context manager."""

    def release(self) -> None:
        """Let the keys go on."""

    def __enter__(self) -> Any:
        """Enter the context that holds the keys."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""


class Shell(Protocol):
    """The application, as its screens see it."""

    def hold_keys(self) -> KeyHold:
        """Hold typed keys back from now until the context ends."""

    async def call(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """Run a blocking service call in a thread; a use case gets the operator and the store."""

    def notify_safe(self, message: object, *, title: str = "", severity: Severity = "information") -> None:
        """Show a toast; nothing in it is markup."""

    def failure_text(self, error: BaseException) -> str:
        """Return what the user reads about an error, and log it when it is a fault of the program."""

    def program_commands(self) -> Sequence[CommandClass]:
        """Return the commands that every screen has."""

    def keys_of(self, command: CommandClass) -> tuple[str, ...]:
        """Return the keys in force for a command, after the user's remapping."""

    def command_reason(self, command: CommandClass) -> str | None:
        """Return why the operator can't use a command (role), or None."""

    def identity(self) -> Identity:
        """Return who works here."""

    def served(self) -> Served | None:
        """Return whom they serve."""

    def serve(self, served: Served | None) -> None:
        """Tell whom they serve now; None for nobody."""

    def now(self) -> datetime:
        """Return the time by the injected clock (aware)."""

    def monotonic(self) -> float:
        """Return seconds by the injected steady clock."""


def shell_of(node: MessagePump) -> Shell:
    """Return the program that `node` runs in."""
    return cast(Shell, node.app)
