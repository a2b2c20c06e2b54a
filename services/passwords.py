"""Passwords of staff: what a good one is, and temporary ones (req. 11; NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2).

Length and a blocklist, no rule on capitals, digits or signs and no expiry of chosen passwords: such rules make people
choose worse. The member's own rules (req. 31) are another matter.
"""

import secrets as random_source
import unicodedata
from collections.abc import Iterable
from typing import Final

from data.catalog.common_passwords import load_common_passwords
from data.secrets import Secret
from services.errors import InvalidInput
from services.policy import SessionPolicy
from services.text_cleaning import fold

MAX_LENGTH: Final = 128
"""Code points after NFKC, the form that is hashed."""
MAX_TYPED: Final = 1024
"""Code points as typed; more than this is no password, and isn't worth the work of comparing."""

TEMPORARY_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misheard or misread: i l o 0 1
_TEMPORARY_GROUPS: Final = 4
_MIN_WORD: Final = 4  # shorter names («Ana») stand inside too many honest words
_MIN_DISTINCT: Final = 5
_HOUSE_WORDS: Final = ("cooperativa", "cooptui")


def minimum_length(policy: SessionPolicy, *, second_factor: bool) -> int:
    """Code points that a new password needs: fewer where a second factor stands beside it (req. 11)."""
    return policy.password_min_with_second_factor if second_factor else policy.password_min_alone


def password_problems(password: Secret, *, context: Iterable[str], minimum: int) -> tuple[str, ...]:
    """What is wrong with a new password, in Spanish; empty if nothing is. `context`: username, names."""
    typed = password.reveal()
    if len(typed) > MAX_TYPED:
        return (_too_long(),)
    text = unicodedata.normalize("NFKC", typed)
    found = []
    if len(text) < minimum:
        found.append(f"Use al menos {minimum} caracteres; una frase de varias palabras sirve.")
    if len(text) > MAX_LENGTH:
        found.append(_too_long())
    if text and is_common(text):
        found.append("Esa contraseña es de las primeras que se prueban. Elija otra.")
    if names_somebody(text, context):
        found.append("No incluya su usuario, su nombre ni el de la cooperativa.")
    return tuple(found)


def require_good_password(password: Secret, *, context: Iterable[str], minimum: int, field: str = "new") -> None:
    """Raise InvalidInput on `field` with everything that is wrong with a new password."""
    if problems := password_problems(password, context=context, minimum=minimum):
        raise InvalidInput(" ".join(problems), field=field)


def same_password(one: Secret, other: Secret) -> bool:
    """Whether two typed passwords are the same to the hasher."""
    left, right = (Secret(unicodedata.normalize("NFKC", secret.reveal())) for secret in (one, other))
    return left == right


def temporary_password() -> Secret:
    """A random password to be read aloud once: four groups of four, 79 bits."""
    groups = ("".join(random_source.choice(TEMPORARY_ALPHABET) for _ in range(4)) for _ in range(_TEMPORARY_GROUPS))
    return Secret("-".join(groups))


def _too_long() -> str:
    return f"Use {MAX_LENGTH} caracteres o menos."


def is_common(text: str) -> bool:
    """On the list whole, a listed word said over and over, or hardly any different characters."""
    folded = text.casefold()
    common = load_common_passwords()
    if folded in common or len(set(folded)) < _MIN_DISTINCT:
        return True
    # The first place where the text meets itself again in its double is the length of what it repeats.
    period = (folded + folded).find(folded, 1)
    return period < len(folded) and folded[:period] in common


def names_somebody(text: str, context: Iterable[str]) -> bool:
    plain = _plain(text)
    return any(word in plain for word in _context_words(context))


def _context_words(context: Iterable[str]) -> set[str]:
    words = set(_HOUSE_WORDS)
    for phrase in context:
        words.add(_plain(phrase))
        words.update(fold(phrase.replace(".", " ")).split())
    return {word for word in words if len(word) >= _MIN_WORD}


def _plain(text: str) -> str:
    """Letters and digits alone, so that «M.Rodríguez» and «m rodriguez» are the same."""
    return fold(text).replace(" ", "")
