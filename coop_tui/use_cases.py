"""Give a use case what the program knows: who asks, the store, the billers' gateway."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

R = TypeVar("R")


class Knows(Protocol):
    """What use cases are given. Each is read only when a function asks for it."""

    @property
    def operator(self) -> Any: ...
    @property
    def uow(self) -> Any: ...
    @property
    def gateway(self) -> Any: ...


def bound(
    function: Callable[..., R],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    program: Knows,
) -> Callable[[], R]:
    """Return the call, with the program's `operator`, `uow` and `gateway` put in where the function has such parameters
    and none was given.

    A use case is `fn(command, operator, uow)`, or `fn(command, operator, gateway, uow)` where a biller is asked; any
    other function is called as it stands.
    """
    try:
        names = list(inspect.signature(function).parameters)[len(args) :]
    except (TypeError, ValueError):  # Some functions written in C tell nothing of themselves.
        names = []
    wanted = {name: kwargs[name] for name in kwargs}
    for name in ("operator", "uow", "gateway"):
        if name in names and name not in wanted:
            wanted[name] = getattr(program, name)
    return partial(function, *args, **wanted)
