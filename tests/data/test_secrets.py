"""Secrets: found where they may be, refused where they lie open, never shown, never made up (req. 58)."""

from __future__ import annotations

import base64
import multiprocessing
import os
import pickle
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from keyring.errors import KeyringError, KeyringLocked

from data.secrets import (
    KeyringChoice,
    Secret,
    SecretName,
    Secrets,
    SecretsExist,
    SecretSources,
    SecretStore,
    SecretsUnavailable,
    create_secrets,
    provision,
)
from data.secrets.sealed import SealedFileKeyring
from tests.conftest import CHEAP, MemoryKeyring

STORE = "0123456789abcdef"
posix = pytest.mark.skipif(os.name != "posix", reason="file modes")


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def sealed_sources(folder: Path, phrase: str = "una frase larga") -> SecretSources:
    return SecretSources(
        keyring=KeyringChoice.SEALED,
        sealed_file=folder / "s.sealed",
        seal_key_file=private(folder / "s.key", phrase + "\n"),
    )


# ---------------------------------------------------------------- what shows


def test_nothing_shows_itself(secrets: Secrets) -> None:
    planted = Secret("planted-value")
    shown = [repr(planted), str(planted), f"{planted}", f"{planted:>30}", repr([planted]), repr(secrets)]
    shown.append(repr(Secrets(b"planted-value", b"planted-value", b"planted-value", planted, planted)))
    shown.append(repr(SecretSources(passphrase=planted)))
    assert not [text for text in shown if "planted" in text]
    assert planted.reveal() == "planted-value"
    with pytest.raises(TypeError):
        pickle.dumps(planted)
    assert planted == Secret("planted-value") and planted != Secret("other") and planted != "planted-value"
    assert not Secret("") and planted


# ---------------------------------------------------------------- order and failure


def test_missing_keys_stop_the_program(memory_keyring: MemoryKeyring) -> None:
    with pytest.raises(SecretsUnavailable) as caught:
        SecretStore(STORE).load()
    assert "coop-tui doctor" in caught.value.user_text and "pepper" in caught.value.user_text
    assert memory_keyring.held == {}


def test_no_place_at_all_fails_closed() -> None:
    store = SecretStore(STORE, system=lambda: None)
    with pytest.raises(SecretsUnavailable, match="llavero"):
        create_secrets(store)


def test_created_keys_come_back_and_are_never_made_twice(memory_keyring: MemoryKeyring) -> None:
    made = create_secrets(SecretStore(STORE))
    assert {len(made.pepper), len(made.data_key), len(made.signing_key)} == {32}
    assert len({made.pepper, made.data_key, made.signing_key}) == 3
    assert SecretStore(STORE).load() == made
    assert {service for service, _ in memory_keyring.held} == {f"coop-tui/{STORE}"}
    with pytest.raises(SecretsExist):
        create_secrets(SecretStore(STORE))
    assert create_secrets(SecretStore("fedcba9876543210")).pepper != made.pepper


def test_file_wins_over_keyring_and_keyring_over_seal(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    name = SecretName.SMTP_PASSWORD
    seal = SealedFileKeyring(tmp_path / "s.sealed", Secret("frase"), CHEAP)
    seal.set_password(f"coop-tui/{STORE}", name.value, "from seal")
    environ = {"COOP_SEALED_FILE": str(tmp_path / "s.sealed"), "COOP_SEAL_KEY": "frase"}

    def found() -> str | None:
        value = SecretStore(STORE, SecretSources.from_environ(environ)).get(name)
        return value.reveal() if value else None

    assert found() == "from seal"
    memory_keyring.set_password(f"coop-tui/{STORE}", name.value, "from keyring")
    assert found() == "from keyring"
    environ["COOP_SMTP_PASSWORD_FILE"] = str(private(tmp_path / "p", "from file\n"))
    assert found() == "from file"
    environ["COOP_SMTP_PASSWORD_FILE"] = str(tmp_path / "missing")
    with pytest.raises(SecretsUnavailable, match="no se puede abrir"):  # named and not there: never the next best
        found()


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_malformed_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    create_secrets(SecretStore(STORE))
    sources = SecretSources(files={SecretName.DATA_KEY: private(tmp_path / "k", text)})
    with pytest.raises(SecretsUnavailable) as caught:
        SecretStore(STORE, sources).load()
    assert not text or text not in caught.value.user_text


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_open_file_is_refused(tmp_path: Path, mode: int) -> None:
    sources = SecretSources(files={SecretName.SMTP_PASSWORD: private(tmp_path / "p", "x", mode)})
    with pytest.raises(SecretsUnavailable, match="chmod 600"):
        SecretStore(STORE, sources).get(SecretName.SMTP_PASSWORD)


@posix
def test_pipe_and_folder_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(SecretsUnavailable):
            SecretStore(STORE, SecretSources(files={SecretName.PEPPER: path})).get(SecretName.PEPPER)


def test_locked_system_keyring_is_an_error_not_a_miss() -> None:
    class Locked(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            raise KeyringLocked("detail of the machine")

    with pytest.raises(SecretsUnavailable, match="cerrado") as caught:
        SecretStore(STORE, system=Locked).load()
    assert "detail" not in str(caught.value)


def test_keyring_that_swallows_keys_is_found_out() -> None:
    class Null(MemoryKeyring):
        def set_password(self, service: str, username: str, password: str) -> None:
            pass

    with pytest.raises(SecretsUnavailable):
        create_secrets(SecretStore(STORE, system=Null))


@pytest.mark.parametrize("store_id", ["", "../../etc", "0123456789ABCDEF", STORE + "0"])
def test_store_id_has_one_form(store_id: str) -> None:
    with pytest.raises(SecretsUnavailable):
        SecretStore(store_id)


def test_only_trusted_system_keyrings_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    import keyring.backends.null

    fresh = importlib.util.find_spec("data.secrets.system_keyring")
    assert fresh is not None and fresh.loader is not None
    module = importlib.util.module_from_spec(fresh)  # the real one: the fixture put a double in its place
    fresh.loader.exec_module(module)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    chosen = module.system_keyring()
    assert not isinstance(chosen, keyring.backends.null.Keyring)
    assert chosen is None or (type(chosen).__module__, type(chosen).__name__) in module.TRUSTED
    assert not {"chainer", "null", "fail"} & {name.rpartition(".")[2] for name, _ in module.TRUSTED}


# ---------------------------------------------------------------- the sealed file


def test_sealed_file_keeps_its_secret(tmp_path: Path) -> None:
    path = tmp_path / "in" / "s.sealed"
    first = SealedFileKeyring(path, Secret("frase ñ"), CHEAP)
    assert first.get_password("a", "b") is None and not path.exists()
    first.set_password("a", "b", "valor-ñ")
    first.set_password("a", "c", "otro")
    again = SealedFileKeyring(path, Secret("frase ñ"))  # the costs stand in the file
    assert (again.get_password("a", "b"), again.get_password("a", "c")) == ("valor-ñ", "otro")
    again.delete_password("a", "b")
    assert first.get_password("a", "b") is None
    with pytest.raises(KeyringError):
        first.delete_password("a", "b")
    assert b"otro" not in path.read_bytes()
    if os.name == "posix":
        assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_sealed_file_refuses_wrong_phrase_and_every_changed_byte(tmp_path: Path) -> None:
    path = tmp_path / "s.sealed"
    SealedFileKeyring(path, Secret("frase"), CHEAP).set_password("a", "b", "v")
    with pytest.raises(KeyringLocked):
        SealedFileKeyring(path, Secret("Frase"), CHEAP).get_password("a", "b")
    whole = path.read_bytes()
    cost_bytes = range(18, 30)  # a changed cost is refused or derives another key; the larger ones take seconds
    for at in [n for n in range(len(whole)) if n not in cost_bytes]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(KeyringLocked):
            SealedFileKeyring(path, Secret("frase")).get_password("a", "b")
    for length in (0, 10, 46, 58, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(KeyringLocked):
            SealedFileKeyring(path, Secret("frase")).get_password("a", "b")
    path.write_bytes(whole[:18] + b"\xff" * 12 + whole[30:])  # asks for terabytes
    with pytest.raises(KeyringLocked):
        SealedFileKeyring(path, Secret("frase")).get_password("a", "b")


@posix
def test_open_sealed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sealed"
    seal = SealedFileKeyring(path, Secret("frase"), CHEAP)
    seal.set_password("a", "b", "v")
    path.chmod(0o644)
    with pytest.raises(SecretsUnavailable, match="chmod 600"):
        seal.get_password("a", "b")


def write_some(path: str, who: str) -> None:
    seal = SealedFileKeyring(Path(path), Secret("frase"), CHEAP)
    for number in range(20):
        seal.set_password("a", f"{who}{number}", who)


@posix
def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "s.sealed")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_some, args=(path, who)) for who in "xy"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    seal = SealedFileKeyring(Path(path), Secret("frase"))
    assert all(seal.get_password("a", f"{who}{n}") == who for who in "xy" for n in range(20))


def test_seal_without_its_phrase_says_so(tmp_path: Path) -> None:
    sources = SecretSources(keyring=KeyringChoice.SEALED, sealed_file=tmp_path / "s.sealed")
    with pytest.raises(SecretsUnavailable, match="COOP_SEAL_KEY_FILE"):
        SecretStore(STORE, sources).load()


def test_wrong_phrase_reads_as_spanish(tmp_path: Path) -> None:
    create_secrets(SecretStore(STORE, sealed_sources(tmp_path), params=CHEAP))
    with pytest.raises(SecretsUnavailable, match="frase"):
        SecretStore(STORE, sealed_sources(tmp_path, "otra frase")).load()


# ---------------------------------------------------------------- a new store


def reopen(data_dir: Path) -> SecretStore:
    pointers = {name: value or "" for name, value in dotenv_values(data_dir / ".env", interpolate=False).items()}
    return SecretStore(pointers["COOP_STORE_ID"], SecretSources.from_environ(pointers))


def test_provision_without_keyring_seals_outside_the_data_folder(tmp_path: Path) -> None:
    data, vault = tmp_path / "it's data", tmp_path / "conf\\ig $HOME"
    data.mkdir()
    (data / ".env").write_text("COOP_TERMINAL=C1")
    made = provision(data, vault, system=lambda: None, params=CHEAP).load()
    assert reopen(data).load() == made
    assert dotenv_values(data / ".env")["COOP_TERMINAL"] == "C1"
    key_file = vault / f"{reopen(data).store_id}.key"
    phrase = key_file.read_text().strip()
    assert len(phrase) >= 43  # 256 bits
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for secret in (
        phrase.encode(),
        made.pepper,
        base64.b64encode(made.pepper),
        base64.b64encode(made.data_key),
    ):
        assert secret not in everything
    if os.name == "posix":
        assert {mode_of(path) for path in [*vault.iterdir(), data / ".env"]} == {0o600}
    with pytest.raises(SecretsExist):
        provision(data, vault, system=lambda: None, params=CHEAP)
    assert reopen(data).load() == made


def test_provision_prefers_the_system_keyring(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    made = provision(tmp_path / "data", tmp_path / "vault").load()
    assert reopen(tmp_path / "data").load() == made
    assert len(memory_keyring.held) == 3 and not (tmp_path / "vault").exists()
    sealed = provision(tmp_path / "other", tmp_path / "vault", keyring=KeyringChoice.SEALED, params=CHEAP)
    assert len(memory_keyring.held) == 3 and sealed.load() != made


def test_provision_goes_on_to_the_seal_when_the_keyring_is_locked(tmp_path: Path) -> None:
    class Locked(MemoryKeyring):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise KeyringLocked

    store = provision(tmp_path / "data", tmp_path / "vault", system=Locked, params=CHEAP)
    assert reopen(tmp_path / "data").load() == store.load()
    with pytest.raises(SecretsUnavailable):
        provision(tmp_path / "b", tmp_path / "vault", system=Locked, keyring=KeyringChoice.SYSTEM, params=CHEAP)
    assert not (tmp_path / "b" / ".env").exists()
