"""How keys are named to users, and which keys a command can't rest on."""

from __future__ import annotations

NEVER_ALONE = frozenset(
    {
        *("ctrl+s", "ctrl+q", "ctrl+j", "ctrl+b", "ctrl+a", "ctrl+i", "ctrl+m", "ctrl+h"),
        *("ctrl+left_square_bracket", "ctrl+[", "ctrl+n", "ctrl+t", "ctrl+w", "f11"),
    }
)
"""Keys that terminals, multiplexers or browsers take for themselves: a command needs another one beside
them.
"""

_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Espacio",
    "delete": "Supr",
    "insert": "Ins",
    "home": "Inicio",
    "end": "Fin",
    "pageup": "RePág",
    "pagedown": "AvPág",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "colon": ":",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
}
_LONG = {name: key for key, name in _NAMES.items() if len(name) == 1 and name.isascii()}


def long_key(key: str) -> str:
    """Return the long spelling of a key (`:` is `colon`), the one that Textual reports."""
    return _LONG.get(key, key)


def key_name(key: str) -> str:
    """Return the name that users read on the key: `f2` → `F2`, `ctrl+p` → `^p`, `escape` → `Esc`."""
    key = long_key(key)
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("ctrl+"):
        return "^" + key_name(key.removeprefix("ctrl+"))
    if key.startswith("shift+"):
        return "Mayús+" + key_name(key.removeprefix("shift+"))
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return key


def is_letter(key: str) -> bool:
    """Tell whether the key types a character, so that it can act only where no field has the focus."""
    return len(key) == 1 or long_key(key) in _NAMES.keys() & set(_LONG.values())
