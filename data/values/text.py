"""Free text made safe and comparable: ``clean`` for what will be shown, ``fold`` for what is compared.

The functions live in this room because the importer folds names too; services use them through
``services.text_cleaning``.
"""

import re
import string
import unicodedata

REPLACEMENT = "·"
ELLIPSIS = "…"
# Control, format (bidi, zero width), surrogate, private use, line and paragraph separators (req. 55).
UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_BLANKS = " \t\r\n\u00a0"
_MARKS = re.compile("[\u0300-\u036f]+")
# In names and answers a hyphen or a slash parts two words; other signs («O'Neill», «S.A.») part nothing.
_PARTING = "-/_,;:|\\"
_ASCII_FOLD = str.maketrans(
    {char: " " if char in _PARTING else None for char in string.punctuation}
    | {chr(code): " " for code in (*range(32), 127)}
)


def clean(text: str, max_length: int, *, multiline: bool = False) -> str:
    """Make text from a file, a member or an agent safe for a terminal (req. 55).

    NFC; outer blanks cut; each control, bidi, format, surrogate, private-use or separator character becomes
    ``·``, so that tampering is seen; at most ``max_length`` characters, the last of them ``…`` when cut.
    ``multiline`` keeps line feeds (CR LF becomes one).
    """
    if max_length < 1:
        raise ValueError("max_length must be at least 1")
    cleaned = text.strip(_BLANKS) if text.isascii() else unicodedata.normalize("NFC", text).strip(_BLANKS)
    if not cleaned.isprintable():
        if multiline:
            cleaned = "\n".join(_mark_unsafe(line) for line in cleaned.replace("\r\n", "\n").split("\n"))
        else:
            cleaned = _mark_unsafe(cleaned)
    return cleaned if len(cleaned) <= max_length else cleaned[: max_length - 1] + ELLIPSIS


def _mark_unsafe(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(REPLACEMENT if unicodedata.category(char) in UNSAFE_CATEGORIES else char for char in text)


def fold(text: str) -> str:
    """Reduce text to what counts in a comparison: ``  El  Bombéro.`` → ``el bombero``, ``Peña`` → ``pena``.

    Case, accents, ñ, punctuation and extra blanks go; letters and digits of any script stay. Answers
    (req. 19) and names are compared and searched in this form; no edit distance.
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_FOLD).split())
    # Twice, because a compatibility form («ℌ») turns into a capital letter only when it is decomposed.
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()))
    if not plain.isascii():
        plain = "".join(map(_fold_character, plain))
    return " ".join(plain.translate(_ASCII_FOLD).split())


def _fold_character(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] in "LN":
        return char
    if category[0] == "Z" or category == "Pd":
        return " "
    return char if char.isascii() else ""
