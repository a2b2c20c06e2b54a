"""The check digits (DV) that the tax office (DGI) gives a natural person's RUC. For display only (req. 3).

Modulus 11 with weights 2, 3, 4 … from the right, run twice. The public implementations agree on plain,
PE, E and N cédulas and disagree on AV and PI, so those get no digits, and nobody is ever refused by them.
"""

from data.values.cedula import Cedula

_FILLER = "0000005"
_LETTER_CODES = {"": "00", "E": "50", "N": "40", "PE": "75"}


def verification_digits(cedula: Cedula) -> str | None:
    """Two digits such as ``08``, or None where the rule is not settled (AV, PI)."""
    code = _LETTER_CODES.get(cedula.kind)
    if code is None:
        return None
    body = f"{_FILLER}{cedula.province:02d}{code}{cedula.tomo:03d}{cedula.asiento:05d}"
    first = _check_digit(body)
    return first + _check_digit(body + first)


def _check_digit(digits: str) -> str:
    remainder = sum(int(digit) * weight for weight, digit in enumerate(reversed(digits), start=2)) % 11
    return str(11 - remainder if remainder > 1 else 0)
