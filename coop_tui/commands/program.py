"""The commands that every screen has."""

from __future__ import annotations

from widgets.command import Command


class ShowHelp(Command):
    """Explica el campo o la pantalla donde está, con sus teclas."""

    id = "help"
    label = "Ayuda"
    keys = ("f1",)
    footer = True
    priority = True


class ShowPalette(Command):
    """Lista todos los comandos por nombre; los que no puede usar dicen por qué."""

    id = "palette"
    label = "Comandos"
    keys = ("ctrl+p",)
    footer = True


class ShowLine(Command):
    """Abre la línea de comandos: una palabra y sus datos, por ejemplo «tr 1 2 75»."""

    id = "line"
    label = "Línea"
    keys = (":",)
    footer = True


class ShowCheatsheet(Command):
    """Muestra todas las teclas en una página."""

    id = "cheatsheet"
    label = "Teclas"
    keys = ("?",)


class Lock(Command):
    """Bloquea la terminal ahora. Su trabajo queda como está."""

    id = "lock"
    label = "Bloquear"
    keys = ("f12",)
    footer = True
    priority = True


class Quit(Command):
    """Cierra el programa. Si hay trabajo pendiente, pregunta antes."""

    id = "quit"
    label = "Salir"
    keys = ("f10",)
    priority = True


PROGRAM_COMMANDS = (ShowHelp, ShowLine, ShowPalette, Lock, ShowCheatsheet, Quit)
"""Help first: it stands first in the bottom bar."""
