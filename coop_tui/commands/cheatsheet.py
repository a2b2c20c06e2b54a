"""The page of keys, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from widgets.command import CommandClass


def cheatsheet(
    groups: Mapping[str, Iterable[CommandClass]],
    keys_of: Callable[[CommandClass], tuple[str, ...]] = lambda command: command.keys,
) -> str:
    """Return the cheatsheet as plain text: per group (a screen's Spanish title) key, label, line word and
    level.
    """
    lines: list[str] = []
    for title, commands in groups.items():
        rows = [_row(command, keys_of(command)) for command in commands if keys_of(command) or command.words]
        if rows:
            lines += ["", title, *rows] if lines else [title, *rows]
    return "\n".join(lines)


def _row(command: CommandClass, keys: tuple[str, ...]) -> str:
    line = f":{command.words[0]} {command.usage}".rstrip() if command.words else ""
    level = f"({command.level})" if command.level else ""
    return f"  {command.key_names(keys):<10} {command.label:<22} {line:<28} {level}".rstrip()
