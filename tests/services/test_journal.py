"""The local journal: on the disk before the request leaves, readable after any crash (req. 40)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.errors import DataChanged
from services.journal import Journal, JournalBusy, open_journal, submit
from services.retries import OutcomeUnknown

KEYS = [f"0190c0de-0000-7000-8000-00000000000{number}" for number in range(6)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk" / "journal-1.jsonl"


def test_what_is_open_outlives_the_process(path: Path) -> None:
    journal = Journal(path)
    journal.remember(KEYS[0], "transfer.own", {"amount": 75_00, "memo": "año"})
    journal.remember(KEYS[1], "transfer.own", {"amount": 1})
    journal.remember(KEYS[1], "transfer.own", {"amount": 1})
    journal.settle(KEYS[1], "posted")
    journal.settle(KEYS[5], "posted")
    journal.close()
    again = Journal(path)
    (item,) = again.open_items()
    assert (item.key, item.kind, item.payload) == (KEYS[0], "transfer.own", {"amount": 75_00, "memo": "año"})
    assert path.read_bytes().count(b"\n") == 1  # settled lines are dropped
    again.settle(KEYS[0], "rejected")
    again.close()
    assert Journal(path).open_items() == ()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_nobody_else_reads_it(path: Path) -> None:
    Journal(path).remember(KEYS[0], "k", {})
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_passed_over(path: Path, cut: int) -> None:
    journal = Journal(path)
    for key in KEYS[:3]:
        journal.remember(key, "k", {"n": 1})
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path)
    # Cut of its line feed alone, the line is whole: it counts.
    assert [item.key for item in journal.open_items()] == KEYS[: 3 if cut == 1 else 2]
    journal.remember(KEYS[4], "k", {})
    journal.close()
    assert Journal(path).open_items()[-1].key == KEYS[4]


@pytest.mark.parametrize("junk", [b"", b"\x00" * 50, b"[]\n7\nnull\n", b"\xff\xfe{\n", b'{"key": 1}\n'])
def test_junk_is_passed_over(path: Path, junk: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(junk)
    assert Journal(path).open_items() == ()


def test_written_before_sent_and_settled_after(path: Path) -> None:
    journal = Journal(path)

    def send() -> str:
        assert KEYS[0].encode() in path.read_bytes()
        return "receipt"

    assert submit(journal, KEYS[0], "k", {}, send) == "receipt"
    assert journal.open_items() == ()

    def refuse() -> str:
        raise DataChanged

    with pytest.raises(DataChanged):
        submit(journal, KEYS[1], "k", {}, refuse)
    assert journal.open_items() == ()  # a refusal is an answer

    def silence() -> str:
        raise OutcomeUnknown

    with pytest.raises(OutcomeUnknown):
        submit(journal, KEYS[2], "k", {}, silence)
    assert [item.key for item in journal.open_items()] == [KEYS[2]]


def test_one_window_one_journal(tmp_path: Path) -> None:
    first = open_journal(tmp_path)
    second = open_journal(tmp_path)
    with pytest.raises(JournalBusy):
        Journal(tmp_path / "journal-1.jsonl")
    second.remember(KEYS[1], "k", {})
    first.remember(KEYS[0], "k", {})
    first.close()
    second.close()  # as if both had crashed: the next window looks after what either left
    heir = open_journal(tmp_path)
    assert {item.key for item in heir.open_items()} == {KEYS[0], KEYS[1]}
    assert [item.key for item in open_journal(tmp_path).open_items()] == []
