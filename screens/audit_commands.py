"""What the audit console can do, a class each."""

from __future__ import annotations

from services.operations import Op
from widgets.command import Command


class FilterAudit(Command):
    """Lleva el cursor al filtro. Tab completa, Enter lo aplica."""

    id = "filter_audit"
    label = "Filtrar"
    keys = ("f3", "/")
    operation = Op.AUDIT_READ.value
    footer = True


class OlderEvents(Command):
    """Muestra los eventos anteriores."""

    id = "older_events"
    label = "Anteriores"
    keys = ("n", "pagedown")
    operation = Op.AUDIT_READ.value


class NewerEvents(Command):
    """Vuelve a los eventos más nuevos."""

    id = "newer_events"
    label = "Recientes"
    keys = ("r", "f5")
    operation = Op.AUDIT_READ.value


class DayBefore(Command):
    """Muestra el día anterior."""

    id = "day_before"
    label = "Día anterior"
    keys = ("left_square_bracket",)
    operation = Op.AUDIT_READ.value


class DayAfter(Command):
    """Muestra el día siguiente."""

    id = "day_after"
    label = "Día siguiente"
    keys = ("right_square_bracket",)
    operation = Op.AUDIT_READ.value


class FilterByValue(Command):
    """Agrega al filtro el dato elegido del evento. Izquierda y derecha lo eligen; Esc vuelve al filtro de antes."""

    id = "filter_by_value"
    label = "Filtrar dato"
    keys = ("f",)
    operation = Op.AUDIT_READ.value


class PivotOnValue(Command):
    """Muestra todo lo que tiene el mismo dato (agente, asociado, monto, terminal…) y nada más. Esc vuelve."""

    id = "pivot_on_value"
    label = "Pivotar"
    keys = ("p",)
    operation = Op.AUDIT_READ.value


class ProveTrail(Command):
    """Comprueba toda la cadena y sus puntos de control firmados. Esc la detiene."""

    id = "prove_trail"
    label = "Verificar"
    keys = ("v",)
    operation = Op.AUDIT_VERIFY.value
