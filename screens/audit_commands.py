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


class ProvePeriod(Command):
    """Comprueba la parte de la cadena que tiene los días del filtro, entre sus puntos de control. Esc la detiene."""

    id = "prove_period"
    label = "Verificar días"
    keys = ("w",)
    operation = Op.AUDIT_VERIFY.value


class ProveEvent(Command):
    """Guarda la prueba del evento: un archivo pequeño que cualquiera comprueba con la llave pública."""

    id = "prove_event"
    label = "Prueba"
    keys = ("e",)
    operation = Op.AUDIT_READ.value


class WatchMoment(Command):
    """Repite la sesión en que ocurrió el evento, desde la pantalla que se veía en ese momento."""

    id = "watch_moment"
    label = "Ver sesión"
    keys = ("y",)
    operation = Op.RECORDING_WATCH.value


class ExportEvents(Command):
    """Exporta lo que cumple el filtro, con manifiesto firmado, huella y marca de agua. Pide motivo y contraseña."""

    id = "export_events"
    label = "Exportar"
    keys = ("x",)
    operation = Op.AUDIT_EXPORT.value


class MarkReviewed(Command):
    """Marca el evento como revisado y pasa al siguiente; sobre uno suyo ya marcado, quita la marca."""

    id = "mark_reviewed"
    label = "Marcar"
    keys = ("m",)
    operation = Op.AUDIT_REVIEW.value


class SignReview(Command):
    """Firma lo que marcó desde su última firma: queda en la auditoría con su huella."""

    id = "sign_review"
    label = "Firmar"
    keys = ("f2",)
    operation = Op.AUDIT_REVIEW.value
    footer = True


class CommentOnEvent(Command):
    """Escribe un comentario debajo del evento. Nadie puede cambiarlo."""

    id = "comment_on_event"
    label = "Comentar"
    keys = ("c",)
    operation = Op.AUDIT_REVIEW.value


class OpenPatterns(Command):
    """Abre las señales: lo que las reglas de la política encuentran en la auditoría."""

    id = "open_patterns"
    label = "Señales"
    keys = ("z",)
    operation = Op.PATTERN_VIEW.value


class WhoLookedHere(Command):
    """Quién miró los datos del asociado del evento; sin asociado, a quiénes miró quien lo hizo."""

    id = "who_looked_here"
    label = "Quién miró"
    keys = ("q",)
    operation = Op.LOOKS_VIEW.value


class DrawSample(Command):
    """Saca una muestra al azar de lo que cumple el filtro. La semilla que muestra la repite."""

    id = "draw_sample"
    label = "Muestra"
    keys = ("s",)
    operation = Op.AUDIT_READ.value


class RepeatSample(Command):
    """Repite una muestra: pide su semilla y cuántos eventos tiene."""

    id = "repeat_sample"
    label = "Otra semilla"
    keys = ("a",)
    operation = Op.AUDIT_READ.value


class SavedQuestions(Command):
    """Sus consultas guardadas y las compartidas; ahí mismo guarda la que está en el filtro."""

    id = "saved_questions"
    label = "Guardadas"
    keys = ("g",)
    operation = Op.AUDIT_REVIEW.value


class FollowTail(Command):
    """Muestra los eventos nuevos según llegan, o deja de hacerlo."""

    id = "follow_tail"
    label = "En vivo"
    keys = ("t",)
    operation = Op.AUDIT_READ.value


class OpenCalendar(Command):
    """Calendario con los eventos de cada día. Enter muestra el día."""

    id = "open_calendar"
    label = "Calendario"
    keys = ("d",)
    operation = Op.AUDIT_READ.value
