"""Give a use case what the program knows: who asks, the store, the billers' gateway."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

R = TypeVar("R")


def bound(
    function: Callable[..., R],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    operator: Callable[[], Any],
    uow: Callable[[], Any],
    gateway: Callable[[], Any],
) -> Callable[[], R]:
    """Return the call, with `operator`, `uow` and `gateway` put in where the function has such parameters and none was
    given.

    A use case is `fn(command, operator, uow)`, or `fn(command, operator, gateway, uow)` where a biller is asked; any
    other function is called as it stands.
    """
    try:
        names = list(inspect.signature(function).parameters)[len(args) :]
    except (TypeError, ValueError):  # Some functions written in C tell nothing of themselves.
        names = []
    wanted = {name: kwargs[name] for name in kwargs}
    for name, source in (("operator", operator), ("uow", uow), ("gateway", gateway)):
        if name in names and name not in wanted:
            wanted[name] = source()
    return partial(function, *args, **wanted)
