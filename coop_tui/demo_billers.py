"""The demo's own billers: the sandbox gateway inside the first window, with its record in the demo's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.secrets.private_file import make_private_dir, own_file, write_private

LOCK, ADDRESS = "en-uso.lock", "direccion.txt"


@contextmanager
def demo_billers(folder: Path) -> Iterator[str]:
    """The address of a sandbox gateway that runs until the end of the block; a second window shares that of the first.

    Whoever wants to see it fail tells it so: `coop-tui sandbox fault`.
    """
    from services.sandbox_billers import SandboxBillers

    make_private_dir(folder)
    owned = own_file(folder / LOCK)
    if owned is None:
        yield (folder / ADDRESS).read_text("ascii")
        return
    try:
        with SandboxBillers(folder) as sandbox:
            write_private(folder / ADDRESS, sandbox.url.encode("ascii"))
            yield sandbox.url
    finally:
        os.close(owned)
