"""A new contact waits 72 hours, the old one hears of it at once (req. 26; C3, C4)."""

from __future__ import annotations

import pytest

from data.values.uuid7 import uuid7
from services.access_mending import ResetImage, ResetPassword, reset_image, reset_password
from services.contacts import CancelChange, ChangeContact, apply_due, cancel_change, change_contact
from services.credentials import IssueCredential, issue_credential
from services.errors import InvalidInput, ReauthenticationNeeded, VerificationNeeded
from services.operations import Op
from tests.services.access_cases import REASON, desk, mails
from tests.services.world import START, World

OLD, NEW = "socio50012@example.com", "nueva.direccion@example.org"


def test_the_old_address_hears_at_once_and_the_record_waits(world: World) -> None:
    agent, member = desk(world, "activado")
    asked = change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    assert (asked.destination, asked.old_told) == ("n•••@example.org", True)
    assert asked.effective_at == START.replace(day=26)
    told = [(mail["template"], mail["kind"], mail["to"]) for mail in mails(world)]
    assert told == [
        ("contact_changed", "mail", OLD),
        ("contact_changed", "sms", "+50760050012"),
        ("contact_registered", "mail", NEW),
    ]
    assert NEW not in str(
        mails(world, "contact_changed")[0]["context"]
    )  # masked: the mailbox may not be theirs any more
    assert world.scalar("SELECT email FROM member") == OLD
    (event,) = world.events("contact.change")
    assert (event["detail"]["before"], event["detail"]["after"]) == ("s•••@example.com", "n•••@example.org")
    assert NEW not in str(world.events()) and OLD not in str(world.events())

    issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
    assert mails(world, "temporary_credentials")[0]["to"] == OLD  # while it waits nothing secret goes to the new one


def test_it_takes_effect_after_the_wait_and_then_credentials_may_go_there(world: World) -> None:
    agent, member = desk(world, "activado")
    change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    world.clock.advance(hours=71, minutes=59)
    assert apply_due(world.uow) == 0
    world.clock.advance(minutes=1)
    assert (apply_due(world.uow), apply_due(world.uow)) == (1, 0)
    assert world.scalar("SELECT email FROM member") == NEW
    assert mails(world, "contact_applied")[0]["to"] == NEW
    (event,) = world.events("contact.apply")
    assert (event["actor"], event["detail"]["after"]) == ("system", "n•••@example.org")
    colleague = world.staff("jcastillo")
    world.lease(colleague, member)
    issue_credential(IssueCredential(member, REASON, uuid7()), colleague, world.uow)
    assert mails(world, "temporary_credentials")[-1]["to"] == NEW


def test_a_phone_changes_the_same_way(world: World) -> None:
    agent, member = desk(world, None)
    change_contact(ChangeContact(member, "phone", "6999-0001", REASON), agent, world.uow)
    told = [(mail["template"], mail["to"]) for mail in mails(world)]
    assert told == [
        ("contact_changed", OLD),
        ("contact_changed", "+50760050012"),
        ("contact_registered", "+50769990001"),
    ]
    world.clock.advance(hours=72)
    assert apply_due(world.uow) == 1
    (row,) = world.rows("SELECT phone, phone_since FROM member")
    assert row["phone"] == "+50769990001" and row["phone_since"] is not None


def test_one_change_a_field_waits_and_can_be_called_off(world: World) -> None:
    agent, member = desk(world, None)
    change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    with pytest.raises(InvalidInput, match="invalid_input") as refused:
        change_contact(ChangeContact(member, "email", "otra@example.org", REASON), agent, world.uow)
    assert "en espera" in refused.value.user_text
    change_contact(ChangeContact(member, "phone", "6999-0001", REASON), agent, world.uow)
    cancelled = cancel_change(CancelChange(member, "email", REASON), agent, world.uow)
    assert "anulado" in cancelled.text and mails(world, "contact_cancelled")[0]["to"] == OLD
    with pytest.raises(InvalidInput):
        cancel_change(CancelChange(member, "email", REASON), agent, world.uow)
    world.clock.advance(hours=72)
    assert apply_due(world.uow) == 1  # the phone alone
    assert world.scalar("SELECT email FROM member") == OLD


@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("email", "sin arroba"),
        ("email", "a@b.com\r\nBcc: x@y.com"),
        ("email", "SOCIO50012@example.com"),
        ("phone", "12"),
        ("phone", "6005-0012"),
    ],
)
def test_what_is_no_new_contact_is_refused(world: World, field: str, new: str) -> None:
    agent, member = desk(world, None)
    with pytest.raises(InvalidInput) as refused:
        change_contact(ChangeContact(member, field, new, REASON), agent, world.uow)  # type: ignore[arg-type]
    assert refused.value.field == "new" and not mails(world)


def test_a_change_needs_n3_and_a_fresh_password(world: World) -> None:
    agent, member = desk(world, None, level=2)
    with pytest.raises(VerificationNeeded):
        change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    world.change("UPDATE verification_lease SET level = 3")
    world.clock.advance(minutes=4)
    with world.uow.begin(agent, Op.RECORD_VIEW, member_id=member) as tx:
        tx.record()
        tx.commit()
    world.clock.advance(minutes=2)
    with pytest.raises(ReauthenticationNeeded):
        change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)


def test_without_an_old_contact_the_agent_is_told_so(world: World) -> None:
    agent, member = world.staff(), world.member(email=None, phone=None)
    world.lease(agent, member)
    asked = change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    assert not asked.old_told and "No había un contacto anterior" in asked.text


def test_a_suspended_access_keeps_its_change_waiting(world: World) -> None:
    agent, member = desk(world, "suspendido", state_before_block="activo")
    change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    world.clock.advance(hours=100)
    assert apply_due(world.uow) == 0
    world.change("UPDATE access SET state = 'activo', state_before_block = NULL")
    assert apply_due(world.uow) == 1


def test_change_and_reset_in_one_case_raise_the_flag(world: World) -> None:
    agent, member = desk(world, "activo", image_id="faro")
    change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    assert world.scalar("SELECT flags FROM service_case") == ""
    reset_image(ResetImage(member, REASON), agent, world.uow)
    assert world.scalar("SELECT flags FROM service_case") == "cambio-y-reinicio"
    (event,) = world.events("case.flag")
    assert event["object"] == "flag:cambio-y-reinicio"
    reset_password(ResetPassword(member, REASON, uuid7()), agent, world.uow)
    assert world.scalar("SELECT flags FROM service_case") == "cambio-y-reinicio"


def test_with_another_flag_the_pair_needs_a_supervisor(world: World) -> None:
    agent, member = desk(world, "activo", image_id="faro")
    reset_image(ResetImage(member, REASON), agent, world.uow)
    world.change("UPDATE service_case SET flags = 'urgencia'")
    with pytest.raises(VerificationNeeded) as refused:
        change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    assert "supervisor" in refused.value.user_text
    assert world.scalar("SELECT count(*) FROM contact_change") == 0
    world.change("UPDATE verification_lease SET factors = 'question code second_person'")
    change_contact(ChangeContact(member, "email", NEW, REASON), agent, world.uow)
    assert world.scalar("SELECT flags FROM service_case") == "urgencia cambio-y-reinicio"
