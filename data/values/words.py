"""Spanish number words, in the short form that stands before a masculine noun («veintiún balboas»)."""

_UNITS = (
    "cero",
    "un",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiún",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
)
_TENS = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS = (
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
)
_LIMIT = 10**18


def spell_number(number: int) -> str:
    """Spell 0 to 10**18 - 1 (long scale: a billón is 10**12).

    Raises: ValueError outside that range.
    """
    if not 0 <= number < _LIMIT:
        raise ValueError("spell_number takes 0 to 10**18 - 1")
    if number < 1_000:
        return _below_thousand(number)
    if number < 1_000_000:
        thousands, rest = divmod(number, 1_000)
        head = "mil" if thousands == 1 else f"{_below_thousand(thousands)} mil"
        return _join(head, rest)
    if number < 10**12:
        return _scale(number, 10**6, "un millón", "millones")
    return _scale(number, 10**12, "un billón", "billones")


def _scale(number: int, unit: int, one: str, many: str) -> str:
    count, rest = divmod(number, unit)
    return _join(one if count == 1 else f"{spell_number(count)} {many}", rest)


def _join(head: str, rest: int) -> str:
    return f"{head} {spell_number(rest)}" if rest else head


def _below_thousand(number: int) -> str:
    if number == 100:
        return "cien"
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    return _HUNDREDS[hundreds - 1] + (f" {_below_hundred(rest)}" if rest else "")


def _below_hundred(number: int) -> str:
    if number < 30:
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return _TENS[tens - 3] + (f" y {_UNITS[unit]}" if unit else "")
