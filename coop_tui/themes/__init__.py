"""The three themes. Screens name theme variables only; no colour stands anywhere else."""

from coop_tui.themes.house import HIGH_CONTRAST, LIGHT, NIGHT, THEMES

THEME_NAMES = {"claro": LIGHT, "oscuro": NIGHT, "alto-contraste": HIGH_CONTRAST}


def theme_of(name: str | None) -> str:
    """The theme that the settings name (`claro`, `oscuro`, `alto-contraste`), or the light one."""
    known = {theme.name for theme in THEMES}
    return name if name in known else THEME_NAMES.get(name or "", LIGHT)


__all__ = ["HIGH_CONTRAST", "LIGHT", "NIGHT", "THEMES", "theme_of"]
