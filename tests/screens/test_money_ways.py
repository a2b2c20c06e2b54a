"""Form and line are two ways to one and the same command, at any speed (C3, C4): own, somebody else's, cash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from screens.dialogs.confirm import Confirm
from screens.record import RecordScreen
from services import biller_payments, payments
from services.bills import MODES
from services.operations import Op
from services.payment_kinds import KINDS
from tests.screens.billers import bill_counter
from tests.screens.counter import counter, everything, open_till, with_till
from tests.screens.staff import at_rest
from tests.screens.support import screen_text, type_slowly
from tests.services.callers import sent_code
from tests.services.world import World


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every command that was confirmed."""
    found: list[Any] = []

    def confirm(command: Any, operator: Any, uow: Any) -> Any:
        found.append(command)
        return payments.confirm(command, operator, uow)

    def confirm_bill(command: Any, operator: Any, gateway: Any, uow: Any) -> Any:
        found.append(command)
        return biller_payments.confirm_bill(command, operator, gateway, uow)

    monkeypatch.setattr("screens.payment.confirm", confirm)
    monkeypatch.setattr("screens.bill.confirm_bill", confirm_bill)
    return found


def same(sent: list[Any]) -> None:
    """Two commands that ask for the same, each under its own key."""
    first, second = (asdict(command) for command in sent)
    assert first.pop("key") != second.pop("key") and type(sent[0]) is type(sent[1])
    for moved in ("prepared_hash", "amount_due"):  # They tell of the balance and of the debt before the payment.
        first.pop(moved, None), second.pop(moved, None)
    assert first == second


@dataclass(frozen=True)
class Way:
    """The same payment by form and by line. `code`: the member dictates one; `till`: a cashier takes it."""

    form: str
    line: str
    code: bool = False
    till: bool = False


#: Of the other person: savings 1, plan 2, loan 3, insurance 4, card 5 in the order of their list.
WAYS: Mapping[Op, Way] = {
    Op.TRANSFER_OWN: Way("t12<enter>75<enter>", "tr 1 2 75"),
    Op.QUOTA_PAY: Way("t13<enter>20<enter>", "pl 20 de 1"),
    Op.LOAN_PAY: Way("t15<enter>100<enter>", "pr 100 de 1"),
    Op.CARD_PAY: Way("t17<enter>min<enter>", "tc minimo de 1"),
    Op.SERVICE_PAY: Way("t18<enter>9.25<enter>", "cel 9.25 de 1"),
    Op.TRANSFER_THIRD: Way("t150233/1<enter>40<enter>", "tr 1 50233/1 40", code=True),
    Op.QUOTA_PAY_THIRD: Way("t150233/2<enter>5<enter>", "pl 50233/2 5 de 1", code=True),
    Op.LOAN_PAY_THIRD: Way("t150233/3<enter>100<enter>", "pr 50233/3 100 de 1", code=True),
    Op.SERVICE_PAY_THIRD: Way("t150233/4<enter>10<enter>", "seg 50233/4 10 de 1", code=True),
    Op.CARD_PAY_THIRD: Way("t150233/5<enter>35<enter>", "tc 50233/5 35 de 1", code=True),
    Op.CASH_DEPOSIT: Way("tc2<enter>40<enter>", "dep 2 40", till=True),
    Op.CASH_WITHDRAW: Way("t1c<enter>40<enter>", "ret 1 40", till=True),
    Op.BILLER_PAY: Way("gensa<enter>1234567<enter>1<enter><escape>5<enter>", "pg ensa 1234567 5 de 1"),
    Op.BILLER_TOP_UP: Way("grecarga movil<enter>6123-4567<enter>10<enter>1<enter>", "rc movil 6123-4567 10 de 1"),
}


@pytest.mark.parametrize("op", [*KINDS, *MODES], ids=lambda op: op.value)
async def test_form_and_line_send_the_same_command(
    sqlite_world: World, tmp_path: Path, sent: list[Any], op: Op
) -> None:
    """Every kind that there is: one without a row here fails."""
    way = WAYS[op]
    with bill_counter(sqlite_world, tmp_path, made_by=with_till if way.till else counter) as desk:
        everything(desk.served)
        async with desk.served.desk.open(level=2, username="caja" if way.till else "mrodriguez"):
            if way.till:
                open_till(desk.served)
            for script in (way.form, f":{way.line}<enter>"):
                await desk.keys(script)
                assert desk.screen.prepared is not None, screen_text(desk.served.desk.app)
                await desk.keys("c" if way.code else "<enter>")
                if way.code:
                    await desk.keys(f"{sent_code(sqlite_world)}<enter>")
                assert desk.screen.receipt is not None, screen_text(desk.served.desk.app)
                await desk.keys("<escape>")
    assert [command.op for command in sent] == [op, op]
    same(sent)


@pytest.mark.parametrize("script", [f"{WAYS[Op.LOAN_PAY].form}<enter>", f":{WAYS[Op.LOAN_PAY].line}<enter><enter>"])
async def test_slow_hands_do_the_same(sqlite_world: World, tmp_path: Path, sent: list[Any], script: str) -> None:
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        await type_slowly(served.desk.app, script)
        await at_rest(served.desk.app)
        assert served.desk.app.screen.receipt is not None, screen_text(served.desk.app)  # type: ignore[attr-defined]
    assert [(command.op, command.amount) for command in sent] == [(Op.LOAN_PAY, 100_00)]


async def test_no_line_posts_by_itself(sqlite_world: World, tmp_path: Path, sent: list[Any]) -> None:
    """Whatever is typed, one Enter at most opens a form or its review."""
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        for line in ("tr 1 2 75", "pr", "pr 3", "tr 1 50233 5", "zzz", "dep 1 40", "pg ensa 1234567 5", "rc 3"):
            await served.desk.keys(f":{line}<enter>")
            while not isinstance(served.desk.app.screen, RecordScreen):
                await served.desk.keys("<escape>")
                if isinstance(served.desk.app.screen, Confirm):
                    await served.desk.keys("<f2>")
    assert sent == []
    assert sqlite_world.scalar("SELECT count(*) FROM operation WHERE kind <> 'opening'") == 0
