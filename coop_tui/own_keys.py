"""The user's own keys: a small TOML file, checked against every screen of the program."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from coop_tui.commands.keymap import KeymapError, read_keymap
from coop_tui.warm_up import load_screens
from screens.base import BaseModal, BaseScreen
from widgets.command import CommandClass


def own_keys(path: Path, program: Sequence[CommandClass]) -> tuple[dict[str, tuple[str, ...]], str]:
    """Read `path` (`palette = "f7,ctrl+p"`); answers the keymap and, when it can't be used, a Spanish complaint."""
    if not path.is_file():
        return {}, ""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        if not all(isinstance(value, str) for value in found.values()):
            raise KeymapError('Teclas: escriba cada tecla entre comillas, por ejemplo palette = "f7".')
        load_screens()
        # F1 closes the help that it opened: in a dialog the program's keys give way to its own.
        groups = [
            (*screen.commands(), *(() if issubclass(screen, BaseModal) else program)) for screen in _screens(BaseScreen)
        ]
        return read_keymap(found, groups), ""
    except KeymapError as error:
        return {}, f"{error} Se usan las teclas de siempre."
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}, f"No se puede leer «{path.name}» con sus teclas. Se usan las de siempre."


def _screens(kind: type[BaseScreen[object]]) -> Iterator[type[BaseScreen[object]]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from _screens(sub)
