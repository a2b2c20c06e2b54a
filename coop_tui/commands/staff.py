"""The staff app's own commands on every screen, beside the program's."""

from __future__ import annotations

from coop_tui.commands.program import PROGRAM_COMMANDS
from widgets.command import Command


class SignOut(Command):
    """Cierra su sesión y vuelve a la pantalla de ingreso. El programa queda abierto para otra persona."""

    id = "sign_out"
    label = "Cerrar sesión"
    words = ("salir",)


class Approvals(Command):
    """Lo que espera una segunda persona: aprobar, rechazar, seguir lo que usted registró."""

    id = "approvals"
    label = "Aprobaciones"
    keys = ("f4",)
    words = ("apr",)
    operation = "approval.view"


class ShowPolicy(Command):
    """La política en vigor en palabras, sus versiones, y la manera de proponer otra."""

    id = "show_policy"
    label = "Política"
    words = ("politica",)
    operation = "policy.view"


class RecordedSessions(Command):
    """Muestra las sesiones grabadas del personal y las repite paso a paso."""

    id = "recorded_sessions"
    label = "Sesiones grabadas"
    words = ("repeticion", "repetición")
    operation = "recording.watch"


class OwnPassword(Command):
    """Cambia su propia contraseña."""

    id = "own_password"
    label = "Cambiar contraseña"
    words = ("clave",)


class OwnSecondFactor(Command):
    """Registra su segundo factor: un código de su teléfono además de la contraseña."""

    id = "own_second_factor"
    label = "Registrar segundo factor"
    words = ("factor",)


class LightTheme(Command):
    """Usa colores claros."""

    id = "light_theme"
    label = "Tema claro"
    words = ("claro",)


class NightTheme(Command):
    """Usa colores oscuros."""

    id = "night_theme"
    label = "Tema oscuro"
    words = ("oscuro",)


class HighContrastTheme(Command):
    """Usa colores de alto contraste."""

    id = "high_contrast_theme"
    label = "Tema de alto contraste"
    words = ("contraste",)


STAFF_COMMANDS = (
    *PROGRAM_COMMANDS,
    Approvals,
    ShowPolicy,
    RecordedSessions,
    SignOut,
    OwnPassword,
    OwnSecondFactor,
    LightTheme,
    NightTheme,
    HighContrastTheme,
)
"""Everywhere in the staff app."""
