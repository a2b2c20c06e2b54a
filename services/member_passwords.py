"""What a member's password must be: the guide's rules first, then what makes one hard to guess (req. 31; S45, S49).

Pure and cheap, so that the screen checks with every key; the service checks again. Nothing here is logged or stored.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.secrets import Secret
from services.errors import InvalidInput
from services.passwords import MAX_LENGTH, MAX_TYPED, is_common, names_somebody, same_password


@dataclass(frozen=True, slots=True)
class PasswordFacts:
    """What a new password is held against. `context`: user, names, cédula, number; `former`: the one that is replaced,
    as the member typed it just now."""

    minimum: int
    recommended: int
    context: tuple[str, ...] = field(repr=False)
    former: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RuleState:
    """One rule under its label, and whether what was typed keeps it."""

    label: str
    met: bool


def password_rules(new: Secret, repeat: Secret, facts: PasswordFacts) -> tuple[RuleState, ...]:
    """Every rule, in the guide's order first. Code points after NFKC count, blanks and ñ are welcome."""
    typed = new.reveal()
    text = unicodedata.normalize("NFKC", typed[:MAX_TYPED])
    former = facts.former
    return (
        RuleState(f"{facts.minimum} caracteres mínimo", facts.minimum <= len(text) <= MAX_LENGTH),
        RuleState("1 letra mayúscula como mínimo", any(char.isupper() for char in text)),
        RuleState("1 número como mínimo", any(char.isdecimal() for char in text)),
        RuleState("Las contraseñas coinciden", bool(text) and same_password(new, repeat)),
        RuleState("No es de las más usadas", bool(text) and not is_common(text)),
        RuleState("Es distinta de la anterior", bool(text) and (former is None or not same_password(new, former))),
        RuleState("No contiene su usuario, su nombre ni su cédula", bool(text) and not _names(text, facts.context)),
    )


def recommendation(new: Secret, facts: PasswordFacts) -> str:
    """What to say of a password that is good enough and short; empty for a long one."""
    length = len(unicodedata.normalize("NFKC", new.reveal()[:MAX_TYPED]))
    if not facts.minimum <= length < facts.recommended:
        return ""
    return f"Recomendamos {facts.recommended} caracteres o más; una frase de varias palabras sirve."


def require_rules(new: Secret, repeat: Secret, facts: PasswordFacts) -> None:
    """Raise InvalidInput, with every rule that is not kept."""
    broken: Sequence[RuleState] = [rule for rule in password_rules(new, repeat, facts) if not rule.met]
    if not broken:
        return
    field_ = "repeat" if [rule.label for rule in broken] == ["Las contraseñas coinciden"] else "new"
    labels = "; ".join(rule.label[0].lower() + rule.label[1:] for rule in broken)
    raise InvalidInput(f"Revise la contraseña nueva. Falta: {labels}.", field=field_)


def _names(text: str, context: tuple[str, ...]) -> bool:
    """Names, user, number and cédula inside it, whatever signs stand between (req. 31)."""
    return names_somebody(text, context)
