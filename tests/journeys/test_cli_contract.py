"""`contract list|verify|export` as scripts call them: codes, JSON, and «La evidencia no coincide» (req. 36)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlmodel import col

from data.demo_figures import load_members
from data.engine import writing
from data.schema import statements
from data.tables import Member
from services.demo import MEMBER_COLUMNS
from services.demo_contracts import add_contracts
from services.operator import system_operator
from services.unit_of_work import UnitOfWork
from tests.journeys.test_cli import Console, made

pytestmark = pytest.mark.timeout(400)


def signed(uow: UnitOfWork) -> None:
    """The guide's own member, with the contract of 27/12/2018."""
    guide = load_members()[0]
    with uow.begin_system(system_operator("prueba")) as tx:
        values = {column: getattr(guide, column) for column in MEMBER_COLUMNS}
        member = tx.connection.execute(insert(Member).values(values).returning(col(Member.id))).scalar_one()
        assert add_contracts(tx, {guide.number: int(member or 0)}, [guide]) == 1
        tx.commit()


@pytest.mark.thorough
def test_one_signature_from_the_list_to_the_files(tmp_path: Path) -> None:
    console = made(tmp_path)
    assert console.run("contract", "list").out == "No hay contratos firmados.\n"
    with console.store() as uow:
        signed(uow)
        (row,) = console.run("--json", "contract", "list", "--number", "50000").answer["data"]
        signature = row["id"]
        fine = console.run("contract", "verify", signature)
        assert fine.code == 0 and fine.out.startswith("La evidencia coincide: ")
        unknown = console.run("--json", "contract", "verify", "nada")
        assert (unknown.code, unknown.answer["error"]) == (1, "not_found")
        _files(console, tmp_path, signature)
        with writing(uow.engine).begin() as connection:
            connection.execute(text("DROP TRIGGER contract_signature_no_update"))
            connection.execute(
                text("UPDATE contract_signature SET text = replace(text, 'CUARTA: Para', 'CUARTA: para')")
            )
            for guard in statements("portal_sqlite"):  # put back, or the store would not open
                if "contract_signature_no_update" in guard:
                    connection.exec_driver_sql(guard)
    broken = console.run("--json", "contract", "verify", signature)
    assert broken.code == 1 and not broken.answer["data"]["intact"] and broken.answer["data"]["findings"]
    refused = console.run("contract", "export", signature, "--to", str(tmp_path / "otra"))
    assert refused.code == 1 and refused.err.startswith("La evidencia no coincide: ")


def _files(console: Console, folder: Path, signature: str) -> None:
    """Exported, and checked by a machine that has no store: with its folder, the public key, and nothing else."""
    key = folder / "llave.pem"
    key.write_text(console.run("audit", "public-key").out)
    assert console.run("contract", "export", signature, "--to", str(folder / "prueba")).code == 0
    elsewhere = Console(folder / "casa", folder / "sin-almacen")
    call = ("contract", "verify", signature, "--files", str(folder / "prueba"))
    assert elsewhere.run(*call, "--public-key", str(key)).code == 0
    assert elsewhere.run(*call).code == 2 and elsewhere.run(*call, "--public-key", str(folder / "no.pem")).code == 2
    contract = folder / "prueba" / signature / "contrato.txt"
    kept = contract.read_bytes()
    contract.write_bytes(kept.replace(b"no tiene costo", b"no tiene costO"))
    changed = elsewhere.run(*call, "--public-key", str(key))
    assert changed.code == 1 and changed.out.startswith("La evidencia no coincide: ")
    assert not elsewhere.data.exists()
    contract.write_bytes(kept)
