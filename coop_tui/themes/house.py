"""Light, dark and high contrast, with the green of the cooperative's guide as the accent."""

from __future__ import annotations

from textual.theme import Theme

LIGHT = "coop-claro"
NIGHT = "coop-oscuro"
HIGH_CONTRAST = "coop-alto-contraste"


def _variables(
    *, field: str, focus: str, banner: str, frame: str, footer: tuple[str, str], cursor: tuple[str, str]
) -> dict[str, str]:
    """Return the house's own variables: fields, banner (on the accent), frames, footer, and the cursor of
    lists.
    """
    return {
        "field": field,
        "field-focus": focus,
        "banner-foreground": banner,
        "panel-border": frame,
        "footer-foreground": footer[0],
        "footer-background": footer[1],
        "block-cursor-foreground": cursor[0],
        "block-cursor-background": cursor[1],
        "block-cursor-text-style": "bold",
        "input-cursor-text-style": "reverse",
    }


THEMES = (
    Theme(
        name=LIGHT,
        dark=False,
        primary="#00693c",
        secondary="#2f5d50",
        accent="#00693c",
        foreground="#16211c",
        background="#fbfcfb",
        surface="#ffffff",
        panel="#e3ece7",
        success="#00693c",
        warning="#8a5a00",
        error="#b00020",
        variables=_variables(
            field="#eef3f0",
            focus="#d6e9df",
            banner="#ffffff",
            frame="#7d9388",
            footer=("#16211c", "#e3ece7"),
            cursor=("#ffffff", "#00693c"),
        )
        | {
            "text-success": "#00582f",
            "text-warning": "#704800",
            "text-error": "#a0001c",
            "text-accent": "#00582f",
        }
        | {"text-muted": "#4a5a52"},
    ),
    Theme(
        name=NIGHT,
        dark=True,
        primary="#3fbf7f",
        secondary="#7fb8a0",
        accent="#3fbf7f",
        foreground="#e4ece8",
        background="#101613",
        surface="#151d19",
        panel="#21302a",
        success="#3fbf7f",
        warning="#e6b450",
        error="#ff7a85",
        variables=_variables(
            field="#1d2823",
            focus="#28423a",
            banner="#06130c",
            frame="#5f7a6e",
            footer=("#e4ece8", "#21302a"),
            cursor=("#06130c", "#3fbf7f"),
        )
        | {
            "text-success": "#5fd69b",
            "text-warning": "#f0c468",
            "text-error": "#ff97a0",
            "text-accent": "#5fd69b",
        }
        | {"text-muted": "#a9b9b1"},
    ),
    Theme(
        name=HIGH_CONTRAST,
        dark=True,
        primary="#00ff88",
        secondary="#ffffff",
        accent="#00ff88",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        success="#00ff88",
        warning="#ffe100",
        error="#ff9d9d",
        variables=_variables(
            field="#1a1a1a",
            focus="#003a20",
            banner="#000000",
            frame="#ffffff",
            footer=("#ffffff", "#000000"),
            cursor=("#000000", "#00ff88"),
        )
        | {
            "text-success": "#00ff88",
            "text-warning": "#ffe100",
            "text-error": "#ffb3b3",
            "text-accent": "#00ff88",
        }
        | {"text-muted": "#ffffff"},
    ),
)
"""All themes, the default first."""
