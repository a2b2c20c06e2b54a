"""Sealing, hashing and signing: they hold, and they refuse everything else."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.secrets import Argon2Params, Hasher, SealBroken, Signer
from data.secrets.box import hmac, open_, seal
from data.secrets.signing import key_id, new_signing_key, read_public_pem, verify

KEY = bytes(range(32))
CHEAP = Argon2Params(time_cost=1, memory_cost=8, parallelism=1)
HASHER = Hasher(b"p" * 32, CHEAP)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_seal_opens_in_its_context_only(plain: bytes, context: str) -> None:
    sealed = seal(KEY, plain, context)
    assert open_(KEY, sealed, context) == plain
    for key, value, where in (
        (KEY[::-1], sealed, context),
        (KEY, sealed[:-1], context),
        (KEY, sealed, context + "x"),
    ):
        with pytest.raises(SealBroken):
            open_(key, value, where)


def test_seal_refuses_every_changed_bit_and_never_repeats() -> None:
    sealed = seal(KEY, b"cuerpo", "outbox:1:body")
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(SealBroken):
            open_(KEY, bytes(changed), "outbox:1:body")
    assert len({seal(KEY, b"cuerpo", "a") for _ in range(200)}) == 200
    for short in (b"", sealed[:1], sealed[:28]):
        with pytest.raises(SealBroken):
            open_(KEY, short, "outbox:1:body")


def test_threads_share_a_key_and_nothing_else() -> None:
    def work(number: int) -> bool:
        plains = [bytes([number]) * (length * 97) for length in range(200)]
        sealed = [seal(KEY, plain, f"{number}") for plain in plains]
        return [open_(KEY, value, f"{number}") for value in sealed] == plains

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


@pytest.mark.parametrize("key", [b"", b"x" * 16, b"x" * 31])
def test_seal_wants_a_whole_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, b"x", "a")


def test_hmac_is_hmac_sha256_and_separates_domains() -> None:
    import hashlib
    import hmac as reference

    assert hmac(b"Jefe", "d", b"m") == reference.new(b"Jefe", b"d\0m", hashlib.sha256).digest()
    assert len({hmac(KEY, "a", b"bc"), hmac(KEY, "ab", b"c"), hmac(KEY[::-1], "a", b"bc")}) == 3
    with pytest.raises(ValueError, match="NUL"):
        hmac(KEY, "a\0b", b"")


# ---------------------------------------------------------------- hashes


@given(st.text(max_size=200))
def test_hash_verifies_its_text_only(text: str) -> None:
    stored = HASHER.hash(text)
    assert HASHER.verify(stored, text) and not HASHER.verify(stored, text + "x")


def test_no_length_is_cut_off() -> None:
    long = "a" * 128
    stored = HASHER.hash(long)
    assert not HASHER.verify(stored, long[:-1]) and not HASHER.verify(stored, long + "a")
    assert not HASHER.verify(stored, "a" * 72) and len(stored) < 128


def test_both_spellings_of_a_letter_are_one() -> None:
    assert HASHER.verify(HASHER.hash("contrase\u00f1a"), "contrasen\u0303a")


def test_same_text_never_hashes_alike_and_pepper_counts() -> None:
    stored = HASHER.hash("clave")
    assert stored != HASHER.hash("clave")
    assert not Hasher(b"q" * 32, CHEAP).verify(stored, "clave")
    assert "clave" not in stored and "pppp" not in repr(HASHER)


def test_rehash_is_asked_for_other_costs() -> None:
    stored = HASHER.hash("clave")
    dearer = Hasher(b"p" * 32, Argon2Params(2, 16, 1))
    assert dearer.needs_rehash(stored) and not HASHER.needs_rehash(stored)
    assert dearer.verify(stored, "clave")


def test_default_costs_are_rfc_9106() -> None:
    assert Hasher(b"p" * 32).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("stored", ["", "clave", "$2b$12$abc", "$argon2id$v=19$m=8,t=1,p=1$x"])
def test_damaged_hash_is_an_error_without_its_text(stored: str) -> None:
    with pytest.raises(ValueError, match="not an Argon2id hash") as caught:
        HASHER.verify(stored, "clave")
    assert "clave" not in str(caught.value)


def test_unknown_user_costs_the_same() -> None:
    hasher = Hasher(b"p" * 32, Argon2Params(2, 8192, 1))
    stored = hasher.hash("clave")
    known: list[int] = []
    unknown: list[int] = []
    for _ in range(15):  # interleaved, so that a busy machine slows both
        for times in (known, unknown):
            start = time.process_time_ns()
            assert not (hasher.verify(stored, "x") if times is known else hasher.verify_dummy("x"))
            times.append(time.process_time_ns() - start)
    assert 0.7 < statistics.median(unknown) / statistics.median(known) < 1.4


# ---------------------------------------------------------------- signatures


def test_signature_is_rfc_8032() -> None:
    # RFC 8032, 7.1, test 2.
    private = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Signer(private)
    assert signer.public_key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    assert private.hex() not in repr(signer)


def test_signature_holds_for_its_message_and_key_only() -> None:
    signer, other = Signer(new_signing_key()), Signer(new_signing_key())
    signature = signer.sign(b"checkpoint")
    assert len(signature) == 64 and verify(signer.public_key, b"checkpoint", signature)
    assert not verify(signer.public_key, b"checkpoinT", signature)
    assert not verify(other.public_key, b"checkpoint", signature)
    assert not verify(signer.public_key, b"checkpoint", signature[:-1])


def test_public_key_travels_as_pem() -> None:
    signer = Signer(new_signing_key())
    pem = signer.public_pem()
    assert pem.startswith("-----BEGIN PUBLIC KEY-----") and read_public_pem(pem) == signer.public_key
    assert signer.key_id == key_id(read_public_pem(pem)) and len(signer.key_id) == 16
    with pytest.raises(ValueError):
        read_public_pem("-----BEGIN PUBLIC KEY-----\nMAo=\n-----END PUBLIC KEY-----\n")
