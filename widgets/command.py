"""One class per user action: its key, its footer and palette entries, its help and its word on the `:` line.

The binding, the bars, the palette, the F1 help, the keymap id and the printed cheatsheet are all made from
it, so that nothing has to be kept in step by hand. A command decides nothing: the service authorises.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding

from widgets.keys import NEVER_ALONE, is_letter, key_name, long_key

_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_WORD = re.compile(r"[a-záéíóúñü0-9]+\Z")


class CommandError(TypeError):
    """A screen declares its commands wrongly. A fault of the program, found when the screen's module is
    imported.
    """


class Command:
    """A user action. Subclass it; the subclass' docstring is its Spanish help unless `help` is given."""

    id: ClassVar[str] = ""
    """Name of the action: handler `action_<id>`, binding id, key of the keymap setting."""
    label: ClassVar[str] = ""
    """Spanish label of the bars and the palette."""
    help: ClassVar[str] = ""
    """What it does and needs, in Spanish, for F1, the palette and the cheatsheet."""
    keys: ClassVar[tuple[str, ...]] = ()
    """Default keys. The first one is shown."""
    words: ClassVar[tuple[str, ...]] = ()
    """Words of the `:` line that start it."""
    usage: ClassVar[str] = ""
    """What may follow the word on the `:` line (`ORIGEN DESTINO MONTO`). Empty: nothing may."""
    operation: ClassVar[str] = ""
    """Name of the operation in the services' permission table; empty: nothing to permit."""
    level: ClassVar[str] = ""
    """Verification level of the caller that it needs (`N2`); empty: none."""
    dangerous: ClassVar[bool] = False
    """Hard to take back: the bars mark it with «!», and its flow asks first."""
    footer: ClassVar[bool] = False
    """Stands in the bottom bar."""
    priority: ClassVar[bool] = False
    """Acts before the focused field and under a dialog too. For function keys of the whole program only."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "help" not in cls.__dict__ and "__doc__" in cls.__dict__ and cls.__doc__:
            cls.help = " ".join(inspect.cleandoc(cls.__doc__).split())

    @classmethod
    def binding(cls) -> Binding:
        """Return the remappable binding (its id is the command's) that calls `action_command('<id>')`."""
        return Binding(
            ",".join(long_key(key) for key in cls.keys),
            f"command('{cls.id}')",
            cls.label,
            show=cls.footer,
            id=cls.id,
            priority=cls.priority,
            tooltip=cls.help,
        )

    @classmethod
    def letter(cls) -> str:
        """Return the letter that starts it where no field has the focus, or an empty string."""
        return next((key for key in cls.keys if len(key) == 1 and key.isalpha()), "")

    @classmethod
    def key_names(cls, keys: Sequence[str] | None = None) -> str:
        """Return its keys as users read them: `F3 /`. `keys`: those in force, where the user has remapped
        them.
        """
        return " ".join(key_name(key) for key in (cls.keys if keys is None else keys))


CommandClass = type[Command]


def faults(commands: Iterable[CommandClass], *, reserved: Iterable[CommandClass] = ()) -> list[str]:
    """Return what is wrong with a screen's commands, one sentence each; none when they can stand together.

    `reserved`: commands of the whole program, whose keys, ids and words a screen may not take unless it
    declares the same class or a subclass of it.
    """
    found: list[str] = []
    ids: dict[str, CommandClass] = {}
    keys: dict[str, CommandClass] = {}
    words: dict[str, CommandClass] = {}
    commands = tuple(commands)
    for command in commands:
        found += _own_faults(command)
    others = [known for known in reserved if not any(issubclass(command, known) for command in commands)]
    for command in (*others, *commands):
        for kind, names, table in (
            ("id", (command.id,), ids),
            ("key", tuple(long_key(key) for key in command.keys), keys),
            ("word", command.words, words),
        ):
            for name in names:
                if name in table:
                    found.append(f"{command.__name__}: {kind} {name!r} is already of {table[name].__name__}")
                table[name] = command
    return found


def _own_faults(command: CommandClass) -> list[str]:
    found = []
    name = command.__name__
    if not _ID.match(command.id):
        found.append(f"{name}: id {command.id!r} must be a lower-case identifier")
    if not command.label or not command.help:
        found.append(f"{name}: needs a label and a help text")
    if command.keys and all(long_key(key) in NEVER_ALONE for key in command.keys):
        found.append(f"{name}: {', '.join(command.keys)} can't be its only key, hosts take it")
    if command.priority and any(is_letter(key) for key in command.keys):
        found.append(f"{name}: a letter with priority could not be typed any more")
    found += [f"{name}: word {word!r} must be lower-case letters" for word in command.words if not _WORD.match(word)]
    if command.usage and not command.words:
        found.append(f"{name}: usage without a word for the line")
    return found


def check_commands(owner: type, commands: Iterable[CommandClass], *, reserved: Iterable[CommandClass] = ()) -> None:
    """Raise `CommandError` when commands clash or `owner` has no `action_<id>` for one of them."""
    commands = tuple(commands)
    found = faults(commands, reserved=reserved)
    found += [
        f"{command.__name__}: {owner.__name__} has no action_{command.id}"
        for command in commands
        if not callable(getattr(owner, f"action_{command.id}", None))
    ]
    if found:
        raise CommandError(f"{owner.__name__}: " + "; ".join(found))
