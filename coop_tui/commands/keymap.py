"""The user's own keys: command id → keys, from the settings file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from widgets.command import CommandClass
from widgets.keys import NEVER_ALONE, is_letter, key_name, long_key


class KeymapError(ValueError):
    """The settings name a command that doesn't exist, or keys that can't be. Its text is Spanish."""


def read_keymap(settings: Mapping[str, str], screens: Iterable[Iterable[CommandClass]]) -> dict[str, tuple[str, ...]]:
    """Check remapped keys (`{"palette": "f7,ctrl+p"}`) against the commands of each screen, program
    commands included.

    Returns command id → keys in their long spelling. Raises `KeymapError` naming the command and what to
    change.
    """
    groups = [tuple(group) for group in screens]
    known = {command.id: command for group in groups for command in group}
    keymap: dict[str, tuple[str, ...]] = {}
    for command_id, text in settings.items():
        if command_id not in known:
            raise KeymapError(f"Teclas: no existe el comando «{command_id}». Quite esa línea de la configuración.")
        keys = tuple(long_key(key.strip()) for key in text.split(",") if key.strip())
        if not keys:
            raise KeymapError(f"Teclas: «{command_id}» quedó sin tecla. Escriba al menos una.")
        if all(key in NEVER_ALONE for key in keys):
            names = ", ".join(key_name(key) for key in keys)
            raise KeymapError(f"Teclas: la terminal se queda con {names}. Agregue otra tecla a «{command_id}».")
        if known[command_id].priority and any(is_letter(key) for key in keys):
            raise KeymapError(f"Teclas: «{command_id}» necesita una tecla de función, no una letra.")
        keymap[command_id] = keys
    for group in groups:
        _refuse_clash(group, keymap)
    return keymap


def _refuse_clash(group: Iterable[CommandClass], keymap: Mapping[str, tuple[str, ...]]) -> None:
    owners: dict[str, str] = {}
    for command in group:
        for key in keymap.get(command.id, tuple(long_key(key) for key in command.keys)):
            if owners.setdefault(key, command.id) != command.id:
                raise KeymapError(
                    f"Teclas: {key_name(key)} serviría para «{owners[key]}» y «{command.id}». Cambie una de las dos."
                )
