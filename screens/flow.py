"""`@flow`: a use of the keyboard that reads from top to bottom — ask, call the service, show — without
freezing the screen.

    @flow
    async def action_unlock(self) -> None:
        if not await self.app.push_screen_wait(Confirm(...)):
            return
        result = await self.call(unlock, command)
        self.show_result(result)

Keys that are typed while it works wait and then go to the field that has the focus at its end; while it
asks the user something they go to the dialog. A service error becomes a message, a fault of the program a
reference number, and the session lives on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from textual.dom import DOMNode
from textual.worker import Worker, WorkerState

from widgets.shell import KeyHold, shell_of

P = ParamSpec("P")
NodeT = TypeVar("NodeT", bound=DOMNode)
Method = Callable[Concatenate[NodeT, P], Coroutine[Any, Any, None]]
Started = Callable[Concatenate[NodeT, P], Worker[None]]

_AT_WORK = (WorkerState.PENDING, WorkerState.RUNNING)


@runtime_checkable
class ShowsFailure(Protocol):
    """A screen that has a place for errors."""

    def show_failure(self, text: str) -> None:
        """Show an error that stays until the next action."""


def flow(method: Method[NodeT, P]) -> Started[NodeT, P]:
    """Make an async method of a screen or widget a flow that holds the keys. A second start while it runs is
    ignored.
    """
    return _flow(method, hold=True, exclusive=False)


def background_flow(method: Method[NodeT, P]) -> Started[NodeT, P]:
    """Make an async method a read beside the user's typing (search as you type): no hold; a new start ends
    the last one.
    """
    return _flow(method, hold=False, exclusive=True)


def _flow(method: Method[NodeT, P], *, hold: bool, exclusive: bool) -> Started[NodeT, P]:
    name = method.__name__

    @wraps(method)
    def start(self: NodeT, /, *args: P.args, **kwargs: P.kwargs) -> Worker[None]:
        if hold and (running := _running(self, name)) is not None:
            return running
        held = shell_of(self).hold_keys() if hold else None
        worker: Worker[None] = self.run_worker(
            partial(_run, self, partial(method, self, *args, **kwargs), held),
            name=name,
            group=name,
            description=name,  # The default would print the arguments, secrets among them.
            exclusive=exclusive,
            exit_on_error=False,
        )
        if held is not None and worker._task is not None:
            # A worker that is cancelled before its first step runs no `finally`.
            worker._task.add_done_callback(lambda _: held.release())
        return worker

    return start


async def _run(node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], held: KeyHold | None) -> None:
    with held or nullcontext():
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the one place: whatever failed, the session lives on.
            report(node, error)


def report(node: DOMNode, error: Exception) -> None:
    """Show an error to the user: in the line of the screen that it belongs to, as a toast where that is gone."""
    shell = shell_of(node)
    text = shell.failure_text(error)
    parents = node.ancestors_with_self if node.is_attached else []
    owner = next((parent for parent in parents if isinstance(parent, ShowsFailure)), None)
    if owner is not None:
        owner.show_failure(text)
    else:
        shell.notify_safe(text, severity="error")


def _running(node: DOMNode, name: str) -> Worker[None] | None:
    return next(
        (worker for worker in node.workers if worker.node is node and worker.name == name and worker.state in _AT_WORK),
        None,
    )
