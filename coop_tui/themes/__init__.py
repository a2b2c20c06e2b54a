"""The three themes. Screens name theme variables only; no colour stands anywhere else."""

from coop_tui.themes.house import HIGH_CONTRAST, LIGHT, NIGHT, THEMES

__all__ = ["HIGH_CONTRAST", "LIGHT", "NIGHT", "THEMES"]
