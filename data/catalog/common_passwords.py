"""Passwords that everybody tries first: refused whole, whatever their case (req. 11, req. 31)."""

import functools
from importlib import resources

FILE = "common_passwords.txt"


@functools.cache
def load_common_passwords() -> frozenset[str]:
    """The denylist, casefolded; compare with ``password.casefold()``."""
    text = resources.files("data.catalog").joinpath(FILE).read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line.casefold() for line in lines if line and not line.startswith("#"))
