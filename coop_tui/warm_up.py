"""What loads behind the sign-in screen: the database library, the keys, the store, the screens to come.

The first paint waits for none of it. `Store.ready` starts it in a thread and may be awaited by whoever needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from services.errors import CoopError

if TYPE_CHECKING:
    from coop_tui.settings import Settings
    from services.unit_of_work import UnitOfWork


class StoreClosed(CoopError):
    """The store can't be opened; the text says why and what to do."""

    code = "store_closed"
    default = "No se pudo abrir el almacén. Ejecute «coop-tui doctor» para ver qué falta."


class Store:
    """The store of this start, opened once, in a thread; opened again after a failure."""

    def __init__(self, opener: Callable[[], UnitOfWork]) -> None:
        self._opener = opener
        self._opening: asyncio.Task[UnitOfWork] | None = None
        self.uow: UnitOfWork | None = None

    async def ready(self) -> UnitOfWork:
        """Wait for the open store. Raises CoopError; the next call tries again."""
        if self.uow is not None:
            return self.uow
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(asyncio.to_thread(open_safely, self._opener), name="store")
        # One waiter that is cancelled must not stop the opening for the others.
        self.uow = await asyncio.shield(self._opening)
        return self.uow


def open_safely(opener: Callable[[], UnitOfWork]) -> UnitOfWork:
    """Open the store; whatever stands in the way becomes a text for the person in front. Raises CoopError."""
    from sqlalchemy.exc import DBAPIError

    from data.secrets import SecretsError
    from services.policy import PolicyError

    try:
        return opener()
    except SecretsError as error:
        raise StoreClosed(error.user_text) from error
    except PolicyError as error:
        raise StoreClosed(f"La política de la cooperativa no es válida ({error}). Corríjala y reintente.") from error
    except DBAPIError as error:
        raise StoreClosed(
            "La base de datos no responde o no se puede leer. Revise que esté encendida y pulse F5 para reintentar."
        ) from error


def open_store_of(settings: Settings) -> UnitOfWork:
    """Load the libraries, open the store, and load what comes right after the sign-in."""
    import importlib

    from coop_tui.wiring import open_store
    from services.program_life import START, tell

    uow = open_store(settings)
    tell(uow, START, settings.terminal)
    for module in ("services.staff_sessions", "screens.desk"):
        importlib.import_module(module)
    return uow


def load_screens() -> None:
    """Import every screen of the staff app, so that none is slow to open."""
    import importlib
    import pkgutil

    import screens

    for module in pkgutil.iter_modules(screens.__path__, "screens."):
        if not module.ispkg:
            importlib.import_module(module.name)
