"""A branch with its first administrator, and `coop-tui serve` before it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from coop_tui.cli.demo import demo_policy
from coop_tui.settings import load_settings
from coop_tui.wiring import init_store, open_store
from data.secrets import Secret
from services.staff_first import FirstAdministrator, first_administrator
from tests.web.living import LivingWorld
from tests.web.served import Branch


@pytest.fixture(scope="session")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """A store of its own, its keys in its own folder; no role has to enrol a second factor."""
    folder = tmp_path_factory.mktemp("sucursal")
    found = Branch(folder / "datos", folder / "casa")
    found.home.mkdir()
    settings = init_store(load_settings(found.data, environ={}), vault_dir=folder / "llaves", demo=True)
    policy: Path = found.data / "policy.toml"
    policy.write_text(demo_policy((files("data") / "catalog" / "policy.toml").read_text("utf-8")), "utf-8")
    policy.chmod(0o600)
    uow = open_store(settings)
    first_administrator(FirstAdministrator(found.username, "Rita Sanjur", "001", Secret(found.password)), uow)
    uow.engine.dispose()
    return found


@pytest.fixture
def living(branch: Branch) -> Iterator[LivingWorld]:
    """What the branch's store holds, while the program works on it."""
    uow = open_store(load_settings(branch.data, environ={}))
    yield LivingWorld(uow)
    uow.engine.dispose()
