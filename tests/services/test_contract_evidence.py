"""A signature proves itself from its record alone, and any changed byte shows (E1, req. 36)."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalog.contract import Party, template_bytes, version_on
from data.secrets.signing import Signer, new_signing_key
from services.audit_trail import canonical
from services.contract_evidence import (
    Circumstances,
    Reading,
    SignedRecord,
    check_record,
    evidence_of,
    seal_message,
    text_hash,
)
from services.operator import Channel, Operator

SIGNER = Signer(new_signing_key())
AT = datetime(2026, 11, 25, 19, 30, 5, 123456, tzinfo=UTC)
PARTY = Party("MARTA ELENA RÍOS QUINTERO", "8-218-25000", "asociado", "50000")
CONTRACT = version_on(date(2026, 11, 25))
TEMPLATE = template_bytes(CONTRACT.version)
KIOSK = Operator("member:7", "50000", frozenset(), "002", "kiosco-1", Channel.KIOSK, "ab" * 32, "MARTA")
ID = "019abcde-0000-7000-8000-000000000001"


def record() -> SignedRecord:
    text = CONTRACT.render(PARTY, date(2026, 11, 25))
    reading = Reading(AT - timedelta(seconds=40), AT - timedelta(seconds=9), AT)
    around = Circumstances(
        [{"id": 41, "action": "member.sign_in", "at": "2026-11-25T19:20:00.000000Z"}], (40, "00" * 32)
    )
    evidence = evidence_of(ID, 7, PARTY, CONTRACT, text, reading, KIOSK, around)
    return SignedRecord(
        id=ID,
        member_id=7,
        version=CONTRACT.version,
        template_sha256=CONTRACT.sha256,
        text=text,
        text_sha256=text_hash(text),
        evidence=evidence,
        evidence_sha256=text_hash(evidence),
        seal=SIGNER.sign(seal_message(evidence)),
        signed_at=AT,
    )


RECORD = record()


def problems(
    changed: SignedRecord, template: bytes | None = TEMPLATE, key: bytes = SIGNER.public_key
) -> tuple[str, ...]:
    return check_record(changed, template, key)


def test_the_evidence_tells_all_of_e1_and_fits() -> None:
    assert problems(RECORD) == ()
    told = json.loads(RECORD.evidence)
    assert told["signed_at"] == "2026-11-25T19:30:05.123456Z"
    assert told["signed_at_panama"] == "2026-11-25T14:30:05-05:00"
    assert told["scrolled_to_end_at"] < told["ticked_at"] < told["signed_at"]
    assert told["contract"]["template_sha256"] == CONTRACT.sha256
    assert (told["channel"], told["terminal"], told["session"]) == ("kiosco", "kiosco-1", "ab" * 8)
    assert told["button"] == "Firmar Contrato" and told["box"].startswith("He leído y acepto")
    assert told["proofs"] and told["chain"]["seq"] == 40 and told["app"]


@given(place=st.integers(min_value=0), char=st.characters(codec="utf-8"))
def test_any_other_character_in_text_or_evidence_shows(place: int, char: str) -> None:
    for name in ("text", "evidence"):
        kept = getattr(RECORD, name)
        at = place % len(kept)
        if kept[at] != char:
            changed = replace(RECORD, **{name: kept[:at] + char + kept[at + 1 :]})
            assert problems(changed), (name, at, char)


def test_every_byte_of_the_template_counts() -> None:
    for at in range(0, len(TEMPLATE), 97):
        changed = TEMPLATE[:at] + bytes([TEMPLATE[at] ^ 1]) + TEMPLATE[at + 1 :]
        assert problems(RECORD, changed) == ("la plantilla no es la de su huella",)
    assert problems(RECORD, None) == ("falta la plantilla de la versión",)


def test_every_bit_of_the_seal_counts_and_the_key_too() -> None:
    for bit in range(512):
        seal = bytearray(RECORD.seal)
        seal[bit // 8] ^= 1 << bit % 8
        assert problems(replace(RECORD, seal=bytes(seal))), bit
    assert problems(replace(RECORD, seal=b"")) == ("la firma de la cooperativa no corresponde a la evidencia",)
    assert problems(RECORD, key=Signer(new_signing_key()).public_key)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": ID[:-1] + "2"}, "número"),
        ({"member_id": 8}, "firmante"),
        ({"version": "2027-02"}, "versión"),
        ({"template_sha256": "0" * 64}, "plantilla"),
        ({"text_sha256": "0" * 64}, "huella"),
        ({"evidence_sha256": "0" * 64}, "huella"),
        ({"signed_at": AT + timedelta(microseconds=1)}, "hora"),
    ],
)
def test_every_column_is_held_against_the_evidence(changes: dict[str, object], named: str) -> None:
    assert any(named in problem for problem in problems(replace(RECORD, **changes)))


def test_whoever_changes_it_all_but_lacks_the_key_is_found() -> None:
    """Text, hashes and evidence made anew, consistently: the seal is what they can't make."""
    other = Party("OTRA PERSONA", PARTY.cedula, PARTY.kind, PARTY.number)
    text = CONTRACT.render(other, date(2026, 11, 25))
    told = json.loads(RECORD.evidence)
    told["member"]["name"], told["contract"]["text_sha256"] = other.name, text_hash(text)
    evidence = canonical(told)
    forged = replace(
        RECORD, text=text, text_sha256=text_hash(text), evidence=evidence, evidence_sha256=text_hash(evidence)
    )
    assert problems(forged) == ("la firma de la cooperativa no corresponde a la evidencia",)
    signed_by_another = replace(forged, seal=Signer(new_signing_key()).sign(seal_message(evidence)))
    assert problems(signed_by_another) == ("la firma de la cooperativa no corresponde a la evidencia",)


def test_a_text_that_the_template_does_not_make_is_found_even_when_sealed() -> None:
    text = RECORD.text.replace(
        "DÉCIMA NOVENA: La consulta de cuentas no tiene costo.", "DÉCIMA NOVENA: Cuesta B/.5.00."
    )
    told = json.loads(RECORD.evidence)
    told["contract"]["text_sha256"] = text_hash(text)
    evidence = canonical(told)
    sealed = replace(
        RECORD,
        text=text,
        text_sha256=text_hash(text),
        evidence=evidence,
        evidence_sha256=text_hash(evidence),
        seal=SIGNER.sign(seal_message(evidence)),
    )
    assert problems(sealed) == ("la plantilla no da el texto firmado",)


@pytest.mark.parametrize("evidence", ["", "[]", "{", "null", '{"v":1}', '{"member":[],"contract":3}', "{ }"])
def test_what_is_no_evidence_is_said_to_be_none(evidence: str) -> None:
    assert problems(replace(RECORD, evidence=evidence))
