"""Text messages in a local folder: private, one file a message, and only where nothing leaves the machine."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coop_tui.settings import load_settings
from coop_tui.ways_out import transports_of
from services.delivery import Drained, drain
from services.folder_sms import FolderSms, read_sms
from services.maildir import MaildirMail
from services.sandbox_sms import SandboxSms
from services.sandbox_sms import read_sms as read_sandbox
from services.transports import SmsGateway, TemporaryFailure, Transports
from tests.services.test_mail_messages import VALUES
from tests.services.test_outbox import queue
from tests.services.world import World


def test_a_text_message_lands_privately(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "mensajes"
    assert read_sms(folder) == []
    queue(world, kind="sms", to="+50761234567", template="one_time_code", context=VALUES)
    assert drain(world.uow, Transports(MaildirMail(tmp_path / "correo"), FolderSms(folder))) == Drained(sent=1)
    (message,) = read_sms(folder)
    assert message.to == "+50761234567" and "042917" in message.text and "042917" not in repr(message)
    assert world.scalar("SELECT error FROM outbox") == "local"
    assert world.scalar("SELECT sealed FROM outbox") is None, "what was delivered is wiped"
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]


def test_an_open_folder_is_closed_and_a_second_send_is_one_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for text in ("primero", "segundo"):
        FolderSms(tmp_path).send("<1@x>", "+50761234567", text)
    assert [(message.id, message.text) for message in read_sms(tmp_path)] == [("1@x", "primero")]
    if os.name == "posix":
        assert tmp_path.stat().st_mode & 0o077 == 0


def test_folder_and_sandbox_gateway_keep_one_format(tmp_path: Path) -> None:
    FolderSms(tmp_path).send("<1@x>", "+50761234567", "hola")
    with SandboxSms(tmp_path) as sandbox:
        SmsGateway(sandbox.url).send("<1@x>", "+50761234567", "hola")
    assert len(read_sandbox(tmp_path)) == 1, "the gateway knows the message that the folder holds"


def test_newest_first_and_a_broken_file_is_left_out(tmp_path: Path) -> None:
    for number in range(3):
        FolderSms(tmp_path).send(f"<{number}@x>", f"+5076123456{number}", "hola")
    for file in tmp_path.iterdir():
        minute = int(file.read_text().split("+5076123456")[1][0])
        moment = datetime(2026, 11, 23, 14, minute, tzinfo=UTC).timestamp()
        os.utime(file, (moment, moment))
    for name, content in {"a": b"{", "b": b"[]", "c": b'{"id": "4@x"}', "d": b"\xff"}.items():
        (tmp_path / f"{name}.json").write_bytes(content)
    messages = read_sms(tmp_path)
    assert [message.id for message in messages] == ["2@x", "1@x", "0@x"]
    assert messages[0].at == datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
    assert [message.id for message in read_sms(tmp_path, limit=1)] == ["2@x"]


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mensajes").write_text("a file, not a folder")
    with pytest.raises(TemporaryFailure, match="folder"):
        FolderSms(tmp_path / "mensajes").send("<1@x>", "+50761234567", "hola")


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({}, FolderSms),
        ({"COOP_SMS_URL": "https://sms.example.com/v1"}, SmsGateway),
        ({"COOP_SMS_URL": "https://sms.example.com/v1", "COOP_SMTP_HOST": "mail.example.com"}, SmsGateway),
        # Real members' mail goes out: their codes must not lie where the desk could read them.
        ({"COOP_SMTP_HOST": "mail.example.com"}, type(None)),
    ],
)
def test_the_way_out_follows_the_settings(
    sqlite_world: World, tmp_path: Path, environ: dict[str, str], way: type
) -> None:
    settings = load_settings(tmp_path, environ=environ)
    sms = transports_of(settings, sqlite_world.uow.secrets).sms
    assert isinstance(sms, way)
    assert settings.sms_folder == (tmp_path / "mensajes" if way is FolderSms else None)
