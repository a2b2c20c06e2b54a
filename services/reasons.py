"""Why it was done: the reason that an agent picks or writes, checked before it reaches the trail (req. 48, 52)."""

import re

from data.catalog.reasons import load_reasons
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.typed import DASHES
from services.errors import InvalidInput
from services.operations import Op
from services.text_cleaning import clean, fold

SHORTEST = 5
LONGEST = 200
SHORT_MESSAGE = "Escriba el motivo con 5 letras o más."
CEDULA_MESSAGE = "No escriba cédulas en el motivo: el caso ya dice de quién es. Las fechas van así: 5/11/2026."
_CEDULA = re.compile(
    rf"(?<![0-9A-Za-z])(?:(?:0?[1-9]|1[0-3])(?:AV|PI)?|PE|E|N)[{DASHES}][0-9]{{1,4}}[{DASHES}][0-9]{{1,6}}(?![0-9])",
    re.IGNORECASE,
)


def check_reason(text: str) -> str:
    """The reason as it is kept: one clean line of 5 to 200 characters with at least five letters or digits.

    Raises InvalidInput (field `reason`) when it says nothing, or holds a card number or a cédula: the trail is never
    erased, so neither may get into it.
    """
    reason = " ".join(clean(text, LONGEST).split())
    if len(fold(reason).replace(" ", "")) < SHORTEST:
        raise InvalidInput(SHORT_MESSAGE, field="reason")
    # The whole text is searched, not only what is kept: cutting must not turn a refusal into a number cut short.
    if contains_card_number(text):
        raise InvalidInput(NOTE_MESSAGE, field="reason")
    if _CEDULA.search(text):
        raise InvalidInput(CEDULA_MESSAGE, field="reason")
    return reason


def reasons_for(op: Op) -> tuple[str, ...]:
    """What is offered for `op`, the usual one first; empty where no reason is asked."""
    return load_reasons().texts(op.value)
