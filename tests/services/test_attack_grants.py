"""The program works on PostgreSQL under a role that owns nothing; the role can rewrite neither ledger nor audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError

from data.engine import make_engine, writing
from data.grants import RoleUnfit, grant
from data.secrets import Hasher, Secret, Secrets
from data.values.uuid7 import uuid7
from services import verification as v
from services.access_mending import Unlock, unlock
from services.activation import Activate, RequestAccess, activate, request_access
from services.affiliation import Affiliate, affiliate
from services.audit_log import ReadAudit, read_audit
from services.checkpoints import checkpoint
from services.contacts import ChangeContact, apply_due, change_contact
from services.imports import ImportFiles, import_files
from services.ledger_check import check as check_ledger
from services.lookup import Find, find
from services.maildir import MaildirMail
from services.notes import AddNote, add_note
from services.operations import Op
from services.operator import Operator, Role, system_operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.policy import load_policy, packaged_policy
from services.policy_trail import adopt_policy
from services.records import OpenRecord, open_record
from services.reversals import Reverse, reverse
from services.staff_sessions import Reauthenticate, SignIn, lock, reauthenticate, sign_in, sign_out
from services.transports import Transports
from services.unit_of_work import UnitOfWork
from services.worker import run_once
from tests.services.callers import answer_all, check, give_answers, sent_code
from tests.services.two_people import TwoPeople, person
from tests.services.world import PASSWORD, World

pytestmark = pytest.mark.postgresql
REASON = "Lo pidió el asociado"
APPEND_ONLY = (
    "operation", "transfer", "entry", "hold", "hold_release", "rollup", "audit_event", "audit_seal", "member_note",
    "consent", "contract_signature",
)  # fmt: skip


@pytest.fixture
def world(postgresql_store_url: str, secrets: Secrets, hasher: Hasher) -> Iterator[World]:
    made = World(postgresql_store_url, secrets, hasher)
    yield made
    made.close()


@pytest.fixture
def role(world: World) -> Iterator[str]:
    """A role without any right but those of `grant`."""
    name = str(world.scalar("SELECT 'coop_app_' || replace(current_database(), 'coop_test_', '')"))
    world.change(f'CREATE ROLE "{name}" NOLOGIN')
    with writing(world.engine).begin() as connection:
        assert grant(connection, name) > 20
        grant(connection, name)  # again changes nothing
    yield name
    world.change(f'DROP OWNED BY "{name}"')
    world.change(f'DROP ROLE "{name}"')


@pytest.fixture
def engine(world: World, role: str) -> Iterator[Engine]:
    """Connections that have the role's rights alone."""
    made = make_engine(world.url)

    @event.listens_for(made, "connect")
    def become(connection: object, _record: object) -> None:
        connection.autocommit = True  # type: ignore[attr-defined]
        connection.execute(f'SET ROLE "{role}"')  # type: ignore[attr-defined]
        connection.autocommit = False  # type: ignore[attr-defined]

    yield made
    made.dispose()


@pytest.fixture
def uow(world: World, engine: Engine) -> UnitOfWork:
    return UnitOfWork(
        engine, clock=world.clock, policy=load_policy(), secrets=world.uow.secrets, hasher=world.uow.hasher
    )


def signed_in(uow: UnitOfWork, world: World, username: str, *roles: Role) -> Operator:
    boss = Role.SUPERVISOR in roles or Role.ADMINISTRATOR in roles
    world.staff(username, roles, sign_in=False)
    return sign_in(SignIn(username, Secret(PASSWORD), world.code() if boss else None, "T-1"), uow).operator


def test_the_whole_desk_works_under_the_role(world: World, uow: UnitOfWork, tmp_path: Path) -> None:
    member = world.member()
    give_answers(world, member)
    one, two = world.account(member, balance=500_00), world.account(member, affiliated_at=None)
    agent = signed_in(uow, world, "mrodriguez", Role.CIS_AGENT)
    boss = signed_in(uow, world, "supervisora", Role.SUPERVISOR)
    found = find(Find("50012"), agent, uow)
    assert found.hits[0].member_id == member
    request_access(RequestAccess(member, "acceso"), agent, uow)
    open_record(OpenRecord(member), agent, uow)
    world_at_role = type("AtRole", (), {"uow": uow, "rows": world.rows, "clock": world.clock})()
    answer_all(world_at_role, agent, member)
    v.send_code(v.SendCode(member, "email", "access.activate"), agent, uow)
    assert check(world_at_role, agent, member, sent_code(world)).level == 2
    affiliate(Affiliate(member, two, True, REASON), agent, uow)
    wanted = (member, one, two, 75_00)
    prepared = prepare(PreparePayment(Op.TRANSFER_OWN, *wanted), agent, uow)
    receipt = confirm(ConfirmPayment(uuid7(), prepared.hash, Op.TRANSFER_OWN, *wanted), agent, uow)
    assert (receipt.outcome, world.balance(one), world.balance(two)) == ("posted", 425_00, 75_00)
    v.callback_number(v.CallbackNumber(member), agent, uow)
    assert v.callback(v.CallbackDone(member, True), agent, uow).level == 3
    v.set_flags(v.SetFlags(member, ()), agent, uow)
    issued = activate(Activate(member, REASON, uuid7()), agent, uow)
    assert issued.mail_state == "en cola"
    change_contact(ChangeContact(member, "phone", "6123-4567", REASON), agent, uow)
    add_note(AddNote(member, "Llamó por su acceso"), agent, uow)
    reversed_ = reverse(Reverse(receipt.operation_id, REASON, uuid7()), boss, uow)
    assert reversed_.outcome == "posted" and world.balance(two) == 0
    world.change("UPDATE access SET state = 'bloqueado', state_before_block = 'activo'")
    unlock(Unlock(member, REASON), agent, uow)
    admin = signed_in(uow, world, "administra", Role.ADMINISTRATOR)
    assert TwoPeople(uow, admin, boss).do(person("nuevo", name="Persona Nueva", member_number="50012")) is not None
    reauthenticate(Reauthenticate(Secret(PASSWORD)), agent, uow)
    assert read_audit(ReadAudit(), boss, uow).rows
    lock(agent, uow)
    sign_out(agent, uow)
    folder = tmp_path / "correo"
    done = run_once(uow, Transports(MaildirMail(folder), None), [apply_due])
    assert done.failures == () and done.drained.sent and len(list((folder / "new").iterdir())) == done.drained.sent
    assert checkpoint(uow, tmp_path / "puntos.jsonl", force=True)
    assert adopt_policy(uow, packaged_policy(), source="packaged")
    assert not adopt_policy(uow, packaged_policy(), source="packaged")
    assert not check_ledger(uow)


def test_an_import_works_under_the_role(uow: UnitOfWork, world: World, tmp_path: Path) -> None:
    (tmp_path / "socios.csv").write_text(
        "numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal\n"
        "1,asociado,8-1-2,Ana,Peña,01/02/1980,ana@example.com,6123-4567,018\n",
        "utf-8",
    )
    (tmp_path / "cuentas.csv").write_text("cuenta,socio,producto,apertura\n06-018-1-1,1,AHORROS,01/02/2020\n", "utf-8")
    (tmp_path / "movimientos.csv").write_text(
        "referencia,cuenta,fecha,sentido,monto,saldo\nR1,06-018-1-1,02/02/2020,credito,10.00,10.00\n", "utf-8"
    )
    paths = tuple(tmp_path / f"{name}.csv" for name in ("socios", "cuentas", "movimientos"))
    result = import_files(ImportFiles(paths), system_operator("import"), uow)
    assert [file.added for file in result.files] == [1, 1, 1] and not check_ledger(uow)


def refused(engine: Engine, statement: str) -> str:
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        connection.execute(text(statement))
    return str(raised.value.orig)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_ledger_and_audit_take_no_change(engine: Engine, table: str) -> None:
    columns = {"hold_release": "hold_id", "rollup": "balance", "transfer": "leg", "audit_seal": "seq"}
    column = (columns | {"entry": "amount", "audit_event": "body"}).get(table, "id")
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert "permission denied" in refused(engine, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET balance = 1000000",
        "UPDATE account SET min_balance = -1000000",
        "UPDATE account SET member_id = NULL",
        "UPDATE member SET cedula = '8-1-1'",
        "DELETE FROM member",
        "DELETE FROM verification_factor",
        "INSERT INTO transfer (operation_id, leg, debit, credit, amount) VALUES ('x', 1, 1, 2, 1)",
        "INSERT INTO entry (operation_id, leg, account_id, amount) VALUES ('x', 1, 1, 1)",
        "INSERT INTO operation (seq) VALUES (1)",
        "INSERT INTO audit_event (body, xid) VALUES ('{}', '1'::xid8)",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entry_append_only ON entry",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE account (id int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET session_replication_role = replica",
    ],
)
def test_the_ways_round_are_closed(engine: Engine, statement: str) -> None:
    said = refused(engine, statement)
    assert "permission denied" in said or "must be owner" in said


def test_a_temporary_table_does_not_stand_in_for_an_account(world: World) -> None:
    """Even a session that may make one (the owner's) posts into the real account."""
    member = world.member()
    account = world.account(member)
    world.fund(account, 1_00)
    with writing(world.engine).begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE account (LIKE public.account INCLUDING ALL) ON COMMIT DROP"))
        control = connection.execute(text("SELECT id FROM public.account WHERE NOT tracked")).scalar_one()
        legs = f'{{"legs": [{{"debit": {control}, "credit": {account}, "amount": 500}}]}}'
        connection.execute(
            text(
                "INSERT INTO operation (id, request_hash, kind, outcome, actor, branch, terminal, channel, body,"
                " value_date, at) VALUES (:id, decode(repeat('00', 32), 'hex'), 'opening', 'posted', 'system', '000',"
                " 'x', 'sistema', :body, '2026-11-23', now())"
            ),
            {"id": uuid7(), "body": legs},
        )
    assert world.balance(account) == 6_00 and not check_ledger(world.uow)


def test_owner_and_superuser_are_no_role_for_the_program(world: World) -> None:
    with writing(world.engine).begin() as connection:
        owner = str(connection.execute(text("SELECT current_user")).scalar_one())
        with pytest.raises(RoleUnfit, match="dueño"):
            grant(connection, owner)
        with pytest.raises(RoleUnfit, match="No existe"):
            grant(connection, "nadie")
