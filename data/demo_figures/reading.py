"""The demo's TOML files."""

import tomllib
from importlib.resources import files
from typing import Any


def read(name: str) -> dict[str, Any]:
    """data/demo_figures/<name>.toml."""
    return tomllib.loads((files("data") / "demo_figures" / f"{name}.toml").read_text(encoding="utf-8"))
