"""No screen of the house takes a key or a word that belongs to the whole program."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import screens
from coop_tui.commands.staff import STAFF_COMMANDS
from screens.base import BaseModal, BaseScreen
from widgets.command import faults


def house_screens() -> list[type[BaseScreen[Any]]]:
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        importlib.import_module(module.name)
    found = [kind for kind in _subclasses(BaseScreen) if kind.__module__.startswith("screens.")]
    # A dialog stands over the program: its F1 or Esc may mean «close».
    return sorted({kind for kind in found if not issubclass(kind, BaseModal)}, key=lambda kind: kind.__qualname__)


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


@pytest.mark.parametrize("screen", house_screens(), ids=lambda screen: screen.__qualname__)
def test_commands_stand_beside_those_of_the_program(screen: type[BaseScreen[Any]]) -> None:
    assert faults(screen.commands(), reserved=STAFF_COMMANDS) == []
