"""Builds the one UnitOfWork of a start from the settings, and makes new stores."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert
from sqlmodel import select

from coop_tui.permissions import check_permissions, prepare_storage
from coop_tui.policy_file import first_policy
from coop_tui.settings import Settings, load_settings
from data import schema
from data.engine import make_engine
from data.secrets import Hasher, KeyringChoice, Secrets, SecretStore, provision
from data.tables import StoreMeta
from services.clock import Clock, SystemClock
from services.errors import CoopError
from services.operator import system_operator
from services.policy import load_policy
from services.policy_trail import POLICY_FACT, adopt_policy
from services.unit_of_work import UnitOfWork


class StoreNotReady(CoopError):
    code = "store_not_ready"
    default = "El almacén no existe todavía. Créelo con: coop-tui init."


def secrets_of(settings: Settings) -> Secrets:
    """The store's secrets. Raises StoreNotReady where no store was made, SecretsUnavailable where keys are missing."""
    if settings.store_id is None:
        raise StoreNotReady
    return SecretStore(settings.store_id, settings.secret_sources()).load()


def open_store(
    settings: Settings, *, clock: Clock | None = None, check_schema: bool = True, own_policy: bool = True
) -> UnitOfWork:
    """The store, ready for work: its files private, its keys there, its schema and its guards as they should be.

    `own_policy=False`: under the policy that the program ships, to mend the store's own.
    Raises StoreNotReady, SettingsError, SecretsUnavailable.
    """
    check_permissions(settings)
    secrets = secrets_of(settings)
    password = secrets.database_password.reveal() if secrets.database_password else None
    engine = make_engine(settings.database_url, password=password)
    if check_schema:
        if (found := schema.version(engine)) != schema.HEAD:
            raise StoreNotReady(
                "El almacén no existe todavía. Créelo con: coop-tui init."
                if found is None
                else "El almacén es de otra versión del programa. Actualícelo con: coop-tui db upgrade."
            )
        if missing := schema.missing_guards(engine):
            raise StoreNotReady(
                f"Al almacén le faltan protecciones ({', '.join(missing)})."
                " No se trabaja sobre él: avise a su administrador."
            )
    uow = UnitOfWork(
        engine,
        clock=clock or SystemClock(),
        policy=load_policy(),
        secrets=secrets,
        hasher=Hasher(secrets.pepper),
    )
    if check_schema and own_policy:
        raw, source = first_policy(settings)
        adopt_policy(uow, raw, source=source)
    return uow


def init_store(settings: Settings, *, vault_dir: Path | None = None, demo: bool = False) -> Settings:
    """Make the data folder, the keys and an empty store; answers the settings that now hold.

    A run that was cut short is taken up where it stopped. Raises SecretsExist if a store is there already.
    """
    prepare_storage(settings)
    if not _keys_without_a_store(settings):
        # The demo's keys stay in its own folder, whatever keyring the machine has.
        keyring = KeyringChoice.SEALED if demo else KeyringChoice.AUTO
        provision(settings.data_dir, vault_dir or settings.vault_dir, keyring=keyring)
    settings = load_settings(settings.data_dir)
    secrets = secrets_of(settings)
    password = secrets.database_password.reveal() if secrets.database_password else None
    schema.upgrade(settings.database_url, password=password)
    uow = open_store(settings)
    facts = {
        POLICY_FACT: uow.policy.sha256,
        "store_id": settings.store_id or "",
        "created_at": uow.clock.now().isoformat(),
        "demo": "1" if demo else "0",
    }
    with uow.begin_system(system_operator("store.init")) as tx:
        tx.connection.execute(insert(StoreMeta), [{"key": key, "value": value} for key, value in facts.items()])
        tx.record(detail={"policy": uow.policy.sha256, "demo": demo})
        tx.commit()
    uow.engine.dispose()
    return settings


def _keys_without_a_store(settings: Settings) -> bool:
    """Whether an earlier run made the keys and died before the store's first event."""
    if settings.store_id is None:
        return False
    secrets = secrets_of(settings)
    password = secrets.database_password.reveal() if secrets.database_password else None
    engine = make_engine(settings.database_url, password=password)
    try:
        if schema.version(engine) is None:
            return True
        with engine.connect() as connection:
            return connection.execute(select(StoreMeta.value).where(StoreMeta.key == "store_id")).first() is None
    finally:
        engine.dispose()


def store_fact(uow: UnitOfWork, key: str) -> str | None:
    """One fact about the store (`store_id`, `created_at`, `demo`)."""
    with uow.engine.connect() as connection:
        row = connection.execute(select(StoreMeta.value).where(StoreMeta.key == key)).first()
    return row[0] if row else None
