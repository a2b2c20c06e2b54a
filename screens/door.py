"""The narrow form in the middle of the screen that every way in or out of work has.

Its style is written here and not in a file: a screen with a style file makes Textual read all styles anew, which the
first paint would wait for.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical

from screens.base import BaseScreen

ResultT = TypeVar("ResultT")


class DoorScreen(BaseScreen[ResultT]):
    """A screen with one form. Subclasses yield its fields in `compose_door`."""

    DEFAULT_CSS: ClassVar[str] = """
    DoorScreen {
        #body { align: center middle; height: 1fr; }
        .door {
            width: 66; max-width: 100%; height: auto; padding: 1 2;
            border: round $panel-border; background: $surface;
        }
        .door-title { text-style: bold; color: $text-accent; width: 1fr; margin-bottom: 1; }
        .door-note { color: $text-muted; width: 1fr; height: auto; margin-bottom: 1; }
        .door-state { color: $text-muted; width: 1fr; height: auto; margin-top: 1; }
        .door-state.-wrong { color: $text-error; text-style: bold; }
    }
    """

    def compose_body(self) -> ComposeResult:
        """The frame."""
        with Vertical(classes="door"):
            yield from self.compose_door()

    def compose_door(self) -> ComposeResult:
        """Yield what stands in the frame."""
        yield from ()
