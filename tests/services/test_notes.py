"""Notes: append-only, clean, and never with a card number (req. 52, 55)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.exc import DBAPIError

from services.errors import InvalidInput, NotFound, NotPermitted
from services.notes import AddNote, ListNotes, add_note, list_notes
from services.operator import Operator, Role
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


def test_notes_are_listed_newest_first_with_their_author(world: World, agent: Operator) -> None:
    member = world.member()
    other = world.staff("otra")
    add_note(AddNote(member, "  Llamó por su clave.\r\nVuelve mañana. "), agent, world.uow)
    world.clock.advance(minutes=1)
    add_note(AddNote(member, "Volvió."), other, world.uow)
    notes = list_notes(ListNotes(member), agent, world.uow)
    assert [(note.by, note.text) for note in notes] == [
        ("otra", "Volvió."),
        ("mrodriguez", "Llamó por su clave.\nVuelve mañana."),
    ]
    assert notes[0].at == world.clock.now()
    assert len(list_notes(ListNotes(member, limit=1), agent, world.uow)) == 1
    assert list_notes(ListNotes(world.member("50013")), agent, world.uow) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Su tarjeta es 4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "4111\x1b1111\u200b1111 1111",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_card_numbers_are_refused_and_not_repeated(world: World, agent: Operator, text: str) -> None:
    member = world.member()
    with pytest.raises(InvalidInput) as refused:
        add_note(AddNote(member, text), agent, world.uow)
    assert (refused.value.user_text, refused.value.field) == ("No escriba números de tarjeta.", "text")
    assert world.scalar("SELECT count(*) FROM member_note") == 0
    assert "1111" not in json.dumps(world.events()) and "4111" not in repr(AddNote(member, text))


@pytest.mark.parametrize("text", ["", "   ", "\r\n\t"])
def test_empty_notes_are_refused(world: World, agent: Operator, text: str) -> None:
    with pytest.raises(InvalidInput):
        add_note(AddNote(world.member(), text), agent, world.uow)


def test_two_thousand_characters_and_no_more(world: World, agent: Operator) -> None:
    member = world.member()
    assert len(add_note(AddNote(member, "ñ" * 2_000), agent, world.uow).text) == 2_000
    for length in (2_001, 10_000):
        with pytest.raises(InvalidInput) as refused:
            add_note(AddNote(member, "x" * length), agent, world.uow)
        assert "2,000" in refused.value.user_text


@pytest.mark.parametrize("text", ["a\x1b]52;c;eA==\x07b", "\u202eabc", "[/][@click=app.quit]x", "x\x00y", "\x9b2J"])
def test_hostile_text_is_kept_harmless(world: World, agent: Operator, text: str) -> None:
    member = world.member()
    add_note(AddNote(member, text), agent, world.uow)
    (note,) = list_notes(ListNotes(member), agent, world.uow)
    assert not set(note.text) & set("\x1b\x07\u202e\x00\x9b")


def test_the_trail_tells_of_the_note_not_what_it_says(world: World, agent: Operator) -> None:
    member = world.member()
    note = add_note(AddNote(member, "palabra reservada"), agent, world.uow)
    (event,) = world.events("note.add")
    assert event["object"] == f"note:{note.note_id}" and event["member"] == member
    list_notes(ListNotes(member), agent, world.uow)
    assert len(world.events("notes.view")) == 1
    assert "reservada" not in json.dumps(world.events())


@pytest.mark.parametrize("statement", ["UPDATE member_note SET text = 'x'", "DELETE FROM member_note"])
def test_no_note_changes(world: World, agent: Operator, statement: str) -> None:
    add_note(AddNote(world.member(), "queda"), agent, world.uow)
    with pytest.raises(DBAPIError):
        world.change(statement)
    assert world.scalar("SELECT text FROM member_note") == "queda"


def test_rights(world: World, agent: Operator) -> None:
    member = world.member()
    auditor = world.staff("auditora", roles=(Role.AUDITOR,))
    with pytest.raises(NotPermitted):
        add_note(AddNote(member, "nota"), auditor, world.uow)
    assert list_notes(ListNotes(member), auditor, world.uow) == ()
    for call in (
        lambda: add_note(AddNote(9_999, "nota"), agent, world.uow),
        lambda: list_notes(ListNotes(9_999), agent, world.uow),
    ):
        with pytest.raises(NotFound):
            call()
