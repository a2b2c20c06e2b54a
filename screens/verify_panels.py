"""The verification screen's texts and lists: what the service told, put in lines. Nothing secret comes this far."""

from __future__ import annotations

from rich.text import Text

from services.verification_state import DrawnQuestion, FactorOffer, Flag, VerificationState
from widgets.numbered_list import NumberedLine
from widgets.text import joined, safe

NO_ANSWER = "No contestó o no era él"
ANSWERED = (NumberedLine("Contestó el asociado"), NumberedLine(NO_ANSWER))
HINTS = {
    "record": "Pida estos datos a la persona; no se los lea.",
    "in_person": "Escriba la cédula del documento que tiene en la mano.",
    "second_person": "El supervisor escribe aquí sus propios datos; usted no los mira.",
    "": "Elija por número cómo seguir, o Esc para volver a la ficha.",
}
NEXT_WAYS = {0: ("in_person",), 1: ("code_email", "code_phone"), 2: ("callback", "second_person", "in_person")}
"""The ways that usually come next at a level, the usual one first."""


def standing(state: VerificationState) -> Text:
    """Level, what is missing for the next one, tries."""
    text = safe(f"Nivel N{state.level}", "bold")
    if state.blocked:
        return joined(text, Text(" · Verificación bloqueada. Debe presentarse en sucursal.", "bold"))
    if (target := state.level + 1) in state.missing_for:
        text = joined(text, f" · para N{target}: {state.missing_for[target]}")
    tries = "queda 1 intento" if state.tries_left == 1 else f"quedan {state.tries_left} intentos"
    text = joined(text, f" · {tries}")
    if state.flags_on:
        text = joined(text, Text(f" · {_flags_effect(state.flags_on)}", "bold"))
    return text


def _flags_effect(count: int) -> str:
    if count == 1:
        return "1 señal de alerta: cada operación pide un nivel más"
    return f"{count} señales de alerta: solo en sucursal o con supervisor"


def asked(state: VerificationState) -> DrawnQuestion | None:
    """The question to ask now: one that was not asked yet, else one that was answered wrongly; None: all were right."""
    order = sorted(state.questions, key=lambda question: question.passed is not None)
    return next((question for question in order if not question.passed), None)


def step_text(state: VerificationState | None, step: str) -> str:
    """What the agent does at a step: the question to read out, where the code went, whose data to type."""
    if state is not None and step == "question":
        question = asked(state)
        return question.text if question else ""
    if state is not None and step == "code" and state.code is not None:
        code = state.code
        return f"Código enviado a {code.destination} para {code.operation}: {code.delivery}. Pídalo a la persona."
    return HINTS.get(step, "")


def next_step(state: VerificationState, step: str) -> str:
    """Stay with a step that failed; else go where something is missing."""
    repeated = ("record", "in_person", "code") if state.code is not None else ("record", "in_person")
    if state.outcome == "failed" and step in repeated and not state.blocked:
        return step
    pending = any(question.passed is None for question in state.questions)
    if state.level == 0 and pending and not state.blocked:
        return "question"
    if state.code is not None and "code" not in state.factors:
        return "code"
    if state.level == 0 and not state.has_questions and not state.factors and not state.blocked:
        here = any(offer.kind == "in_person" and offer.reason_disabled is None for offer in state.offers)
        return "in_person" if here else "record"
    return ""


def usual_way(state: VerificationState) -> int:
    """Where the cursor goes in the list of ways: the one that usually comes next and can be gone."""
    kinds = [offer.kind for offer in state.offers]
    level = 1 if state.level == 0 and "record" in state.factors else state.level
    for kind in NEXT_WAYS.get(level, ()):
        if kind in kinds and state.offers[kinds.index(kind)].reason_disabled is None:
            return kinds.index(kind)
    return 0


def way_line(offer: FactorOffer) -> NumberedLine:
    """A way to verify, with its masked destination; one that can't be gone now is in parentheses."""
    label = f"{offer.label} {offer.destination or ''}".strip()
    if offer.reason_disabled:
        return NumberedLine(f"({label})", offer.reason_disabled, "dim")
    return NumberedLine(label)


def shown_flags(state: VerificationState) -> list[Flag]:
    """The flags that are the agent's to tick, and those that the program has raised."""
    return [flag for flag in state.flags if flag.on or not flag.automatic]


def flag_line(flag: Flag) -> NumberedLine:
    """A red flag with its box; its note is the whole text and what it means."""
    mark, style = ("[■]", "bold") if flag.on else ("[ ]", "")
    note = f"{flag.text}. {flag.help}"
    return NumberedLine(f"{mark} {flag.text}" + (" (automática)" if flag.automatic else ""), note, style)
