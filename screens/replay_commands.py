"""What a player of recorded sessions can do."""

from __future__ import annotations

from services.operations import Op
from widgets.command import Command

WATCH = Op.RECORDING_WATCH.value


class NextStep(Command):
    """Un paso adelante."""

    id = "next_step"
    label = "Siguiente"
    keys = ("right", "n")


class StepBack(Command):
    """Un paso atrás."""

    id = "step_back"
    label = "Anterior"
    keys = ("left", "p")


class PlayOrPause(Command):
    """Reproduce o detiene. Las esperas largas se acortan."""

    id = "play_or_pause"
    label = "Reproducir"
    keys = ("space",)


class NormalSpeed(Command):
    """A la velocidad en que ocurrió."""

    id = "normal_speed"
    label = "1×"
    keys = ("1",)


class FourTimes(Command):
    """Cuatro veces más rápido."""

    id = "four_times"
    label = "4×"
    keys = ("2",)


class SixteenTimes(Command):
    """Dieciséis veces más rápido."""

    id = "sixteen_times"
    label = "16×"
    keys = ("3",)


class FullSpeed(Command):
    """Tan rápido como se pueda."""

    id = "full_speed"
    label = "Máxima"
    keys = ("4",)


class NextEvent(Command):
    """Va al siguiente paso que dejó un evento en la auditoría."""

    id = "next_event"
    label = "Evento"
    keys = ("e",)


class EventBefore(Command):
    """Vuelve al paso anterior que dejó un evento en la auditoría."""

    id = "event_before"
    label = "Evento anterior"
    keys = ("r",)


class EventsOfSession(Command):
    """Muestra los eventos de la sesión; Enter va al paso del que se elija."""

    id = "events_of_session"
    label = "Eventos"
    keys = ("f6",)


class GoToStep(Command):
    """Va a un paso por su número, o a una hora: 120, 09:41 o 09:41:07."""

    id = "go_to_step"
    label = "Ir a"
    keys = ("g",)


class FindText(Command):
    """Busca un texto en las pantallas, desde este paso en adelante."""

    id = "find_text"
    label = "Buscar"
    keys = ("/", "f3")


class FindAgain(Command):
    """Busca el mismo texto más adelante."""

    id = "find_again"
    label = "Buscar otra vez"
    keys = ("s",)


class FirstStep(Command):
    """Va al primer paso."""

    id = "first_step"
    label = "Primero"
    keys = ("home",)


class LastStep(Command):
    """Va al último paso."""

    id = "last_step"
    label = "Último"
    keys = ("end",)


class HideBar(Command):
    """Oculta o muestra las líneas de la repetición, que tapan la parte de abajo de la pantalla grabada."""

    id = "hide_bar"
    label = "Ocultar"
    keys = ("v",)


class LookUp(Command):
    """Mueve la vista hacia arriba, si la pantalla grabada era más grande."""

    id = "look_up"
    label = "Arriba"
    keys = ("up",)


class LookDown(Command):
    """Mueve la vista hacia abajo."""

    id = "look_down"
    label = "Abajo"
    keys = ("down",)


class LookLeft(Command):
    """Mueve la vista a la izquierda."""

    id = "look_left"
    label = "Izquierda"
    keys = ("h",)


class LookRight(Command):
    """Mueve la vista a la derecha."""

    id = "look_right"
    label = "Derecha"
    keys = ("l",)


PLAYER_COMMANDS = (
    NextStep,
    StepBack,
    PlayOrPause,
    NormalSpeed,
    FourTimes,
    SixteenTimes,
    FullSpeed,
    NextEvent,
    EventBefore,
    EventsOfSession,
    GoToStep,
    FindText,
    FindAgain,
    FirstStep,
    LastStep,
    HideBar,
    LookUp,
    LookDown,
    LookLeft,
    LookRight,
)


class ReadRecordings(Command):
    """Vuelve a leer la lista de sesiones grabadas."""

    id = "read_recordings"
    label = "Actualizar"
    keys = ("f5",)
    operation = WATCH
    footer = True


class OpenRecording(Command):
    """Abre la repetición de la sesión de la fila. Queda en la auditoría quién miró, de quién y desde qué paso."""

    id = "open_recording"
    label = "Ver"
    keys = ("enter",)
    operation = WATCH
    footer = True


class FilterRecordings(Command):
    """Muestra las sesiones de una persona, de un día o de ambos: mrodriguez 23/11/2026. Vacío: todas."""

    id = "filter_recordings"
    label = "Filtrar"
    keys = ("f3", "/")
    operation = WATCH
    footer = True
