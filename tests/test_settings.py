"""Settings: their order, what is refused, and a data folder that is its owner's alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from coop_tui import doctor
from coop_tui.permissions import check_permissions, permission_problems, prepare_storage
from coop_tui.settings import Settings, SettingsError, load_settings
from data.catalog import contract
from data.schema import upgrade
from data.secrets import Argon2Params, SecretSources, provision

posix = pytest.mark.skipif(os.name != "posix", reason="file modes")


def load(data: Path, environ: Mapping[str, str] | None = None, **overrides: str) -> Settings:
    return load_settings(data, environ=environ or {}, overrides=overrides)


def write_env(data: Path, text: str) -> Path:
    data.mkdir(exist_ok=True, mode=0o700)
    path = data / ".env"
    path.write_text(text)
    path.chmod(0o600)
    return data


# ---------------------------------------------------------------- order


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    data = tmp_path / "d"
    assert load(data).terminal == socket.gethostname()
    write_env(data, "COOP_TERMINAL=file\n")
    assert load(data).terminal == "file"
    assert load(data, {"COOP_TERMINAL": "environment"}).terminal == "environment"
    assert load(data, {"COOP_TERMINAL": "environment"}, COOP_TERMINAL="option").terminal == "option"
    assert load(data, {"COOP_TERMINAL": " "}).terminal == socket.gethostname()  # set empty: back to the default


def test_data_folder_by_option_variable_and_default(tmp_path: Path, own_home: Path) -> None:
    assert load_settings(tmp_path, environ={"COOP_DATA": "/elsewhere"}).data_dir == tmp_path
    assert load_settings(environ={"COOP_DATA": str(tmp_path)}).data_dir == tmp_path
    assert own_home in load_settings(environ={}).data_dir.parents
    assert load_settings("~/coop", environ={}).data_dir == own_home / "coop"


def test_defaults_are_a_whole_installation(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.sqlite_path == tmp_path / "coop.db"
    assert (settings.maildir, settings.log_path) == (tmp_path / "correo", tmp_path / "coop-tui.log")
    assert (settings.channel, settings.branch, settings.smtp_host, settings.smtp_port) == (
        "cis",
        None,
        None,
        587,
    )
    assert tmp_path not in settings.vault_dir.parents


def test_file_values_are_taken_literally(tmp_path: Path) -> None:
    write_env(tmp_path, "COOP_SMTP_USER='a$HOME ${X}'\nCOOP_MAILDIR=relative\nOTHER=1\n")
    settings = load(tmp_path)
    assert settings.smtp_user == "a$HOME ${X}" and settings.maildir == tmp_path / "relative"


def test_postgresql_address_is_kept(tmp_path: Path) -> None:
    url = "postgresql+psycopg://coop@db.example/coop?sslmode=verify-full"
    settings = load(tmp_path, {"COOP_DATABASE_URL": url})
    assert settings.database_url == url and settings.sqlite_path is None


def test_pointers_reach_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_env(tmp_path, "COOP_KEYRING=sealed\nCOOP_SEALED_FILE=/vault/s\nCOOP_SEAL_KEY_FILE=/vault/k\n")
    monkeypatch.setenv("COOP_SEAL_KEY", "planted-phrase")
    settings = load_settings(tmp_path)
    sources = settings.secret_sources()
    assert isinstance(sources, SecretSources) and sources.sealed_file == Path("/vault/s")
    assert sources.passphrase is not None and sources.passphrase.reveal() == "planted-phrase"
    assert "planted" not in repr(settings) + repr(sources)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "name",
    [
        "COOP_SMTP_PASSWORD",
        "COOP_BILLERS_TOKEN",
        "COOP_SMS_TOKEN",
        "COOP_PEPPER",
        "COOP_SEAL_KEY",
        "DB_PASSWORD",
        "API_TOKEN",
        "MI_CLAVE",
        "pepper",
    ],
)
def test_secret_in_env_file_is_refused_unseen(tmp_path: Path, name: str) -> None:
    write_env(tmp_path, f"{name}=planted-value\n")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert name in caught.value.user_text and "planted" not in caught.value.user_text + repr(caught.value)


def test_unknown_name_in_env_file_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write_env(tmp_path, "COOP_SMTP_HOTS=mail.example\n")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert "¿Quiso decir COOP_SMTP_HOST?" in caught.value.user_text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COOP_DATABASE_URL", "postgresql+psycopg://coop:planted@db/coop"),
        ("COOP_DATABASE_URL", "postgresql+psycopg://coop@db/coop?password=planted"),
        ("COOP_DATABASE_URL", "mysql://db/coop"),
        ("COOP_DATABASE_URL", "sqlite:///"),
        ("COOP_DATABASE_URL", "postgresql+psycopg://[planted"),
        ("COOP_SMTP_PORT", "0"),
        ("COOP_SMTP_PORT", "65536"),
        ("COOP_SMTP_PORT", "٥٨٧"),
        ("COOP_SMTP_TLS", "maybe"),
        ("COOP_SMS_URL", "http://sms.example/send"),
        ("COOP_SMS_URL", "https://user:planted@sms.example/send"),
        ("COOP_SMS_URL", "https://sms..example/send"),
        ("COOP_SMS_URL", "https://sms.example:99999/send"),
        ("COOP_BILLERS_URL", "http://pagos.example/v1"),
        ("COOP_BILLERS_URL", "ftp://pagos.example/v1"),
        ("COOP_BILLERS_URL", "https://"),
        ("COOP_BILLERS_URL", "https://user:planted@pagos.example/v1"),
        ("COOP_BILLERS_URL", "https://pagos.example/v1?key=planted"),
        ("COOP_BILLERS_URL", "https://pagos.example/v1#planted"),
        ("COOP_CHANNEL", "radio"),
        ("COOP_PEPPER", "planted"),
        ("COOP_DATABASE_PASSWORD", "planted"),
    ],
)
def test_value_out_of_form_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {name: value})
    assert name in caught.value.user_text and "planted" not in caught.value.user_text


def test_mail_in_the_clear_stays_on_this_machine(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(tmp_path, {"COOP_SMTP_TLS": "none", "COOP_SMTP_HOST": "mail.example"})
    assert load(tmp_path, {"COOP_SMTP_TLS": "none", "COOP_SMTP_HOST": "127.0.0.1"}).smtp_tls == "none"
    assert load(tmp_path, {"COOP_SMS_URL": "http://127.0.0.1:8025/sms"}).sms_url == "http://127.0.0.1:8025/sms"
    assert load(tmp_path, {"COOP_BILLERS_URL": "http://localhost:8026"}).billers_url == "http://localhost:8026"


# ---------------------------------------------------------------- folder modes


@posix
def test_storage_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    settings = load(tmp_path / "new" / "coop")
    before = os.umask(0)
    try:
        prepare_storage(settings)
    finally:
        os.umask(before)
    assert settings.sqlite_path is not None
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
    assert settings.sqlite_path.stat().st_mode & 0o777 == 0o600
    settings.sqlite_path.write_bytes(b"kept")
    prepare_storage(settings)
    assert settings.sqlite_path.read_bytes() == b"kept"


@posix
@pytest.mark.parametrize("name", [".", "coop.db", "coop.db-wal", ".env", "coop-tui.log"])
def test_anything_open_to_others_stops_the_program(tmp_path: Path, name: str) -> None:
    settings = load(tmp_path / "d")
    prepare_storage(settings)
    path = settings.data_dir / name
    if name != ".":
        path.touch()
    path.chmod(0o750 if name == "." else 0o640)
    with pytest.raises(SettingsError, match="settings") as caught:
        check_permissions(settings)
    assert "chmod" in caught.value.user_text
    path.chmod(0o700 if name == "." else 0o600)
    check_permissions(settings)


def test_missing_folder_points_to_init(tmp_path: Path) -> None:
    assert "coop-tui init" in permission_problems(load(tmp_path / "none"))[0]


# ---------------------------------------------------------------- doctor


def test_the_doctor_warns_while_the_contract_is_the_model_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> doctor.Check:
        return next(check for check in doctor.checks(load_settings(tmp_path, environ={})) if check.name == "contrato")

    assert found().status == "warn" and "texto modelo" in found().detail and "asesoría legal" in found().advice
    final = replace(contract.version_on(date(2026, 11, 25)), model=False, version="2027-01")
    monkeypatch.setattr(contract, "version_on", lambda _day: final)
    assert (found().status, found().detail) == ("ok", "versión 2027-01")


def status(settings: Settings) -> dict[str, str]:
    return {check.name: check.status for check in doctor.checks(settings)}


def test_doctor_on_an_empty_folder_fails_with_advice(tmp_path: Path) -> None:
    found = doctor.checks(load(tmp_path / "none"))
    assert doctor.exit_code(found) == 1
    assert {check.name for check in found if check.status == "fail"} >= {"carpeta", "llaves", "base"}
    assert all(check.advice or "coop-tui init" in check.detail for check in found if check.status == "fail")
    assert "por corregir" in doctor.render(found)


def test_doctor_on_a_made_store_is_content(tmp_path: Path) -> None:
    settings = load(tmp_path / "d")
    prepare_storage(settings)
    provision(settings.data_dir, tmp_path / "vault", system=lambda: None, params=Argon2Params(1, 8, 1))
    upgrade(settings.database_url)
    settings = load(tmp_path / "d")
    seen = status(settings)
    assert (seen["carpeta"], seen["llaves"], seen["base"]) == ("ok", "ok", "ok")
    assert seen["correo"] == "warn"  # a Maildir is not a mail server
    rows = doctor.as_json(doctor.checks(settings))
    assert {"name", "status", "detail", "advice"} == set(rows[0])
    assert not [row for row in rows if row["name"] in ("llaves", "base") and row["advice"]]
    (tmp_path / "vault" / f"{settings.store_id}.sealed").unlink()
    assert status(settings)["llaves"] == "fail"


def test_doctor_tells_an_old_and_a_broken_database(tmp_path: Path) -> None:
    import sqlite3

    settings = load(tmp_path / "d")
    prepare_storage(settings)
    assert status(settings)["base"] == "fail"
    upgrade(settings.database_url)
    assert status(settings)["base"] == "ok"
    assert settings.sqlite_path is not None
    with sqlite3.connect(settings.sqlite_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    assert status(settings)["base"] == "fail"
    settings.sqlite_path.write_bytes(b"not a database at all" * 100)
    assert status(settings)["base"] == "fail"


@pytest.mark.postgresql
def test_doctor_reaches_postgresql(tmp_path: Path, postgresql_store_url: str) -> None:
    settings = load(tmp_path, {"COOP_DATABASE_URL": postgresql_store_url})
    found = {check.name: check for check in doctor.checks(settings)}
    assert found["base"].status == "ok" and found["base"].detail.startswith("PostgreSQL ")
    nowhere = load(tmp_path, {"COOP_DATABASE_URL": "postgresql+psycopg://planted@127.0.0.1:1/coop"})
    base = {check.name: check for check in doctor.checks(nowhere)}["base"]
    assert base.status == "fail" and "planted" not in base.detail + base.advice


def test_doctor_tells_a_silent_mail_server(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load(tmp_path, {"COOP_SMTP_HOST": "127.0.0.1", "COOP_SMTP_PORT": str(port)})
    assert status(settings)["correo"] == "fail"
