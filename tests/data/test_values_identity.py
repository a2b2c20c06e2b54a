"""Cédula, RUC digits, phone, e-mail, account and card numbers (req. 1-4, 26, 29, 52)."""

import pickle
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.account_number import AccountNumber
from data.values.card_number import CardNumber, contains_card_number, masked_card
from data.values.cedula import MESSAGE as CEDULA_MESSAGE
from data.values.cedula import Cedula
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from data.values.phone import MOBILE_MESSAGE, Phone
from data.values.ruc import verification_digits

HOSTILE = [
    "",
    " ",
    "\n",
    "\x00",
    "8-123-456\x00",
    "\x1b[31m8-123-456",
    "\u202e8-123-456",
    "8-123-\n456",
    "8-123-456\n8",
    "٨-١٢٣-٤٥٦",
    "８-１２３-４５６",
    "6123\u200b-4567",
    "+507 6123-4567\x1b",
    "06-018-50012-1\x07",
    "06-018-5001\n2-1",
    "٠٦-٠١٨-٥٠٠١٢-١",
    "4111\x004111",
    "a@b.com\r\nBcc: c@d.com",
    "a\u202e@b.com",
    "[/]",
    "[@click=app.quit]x[/]",
    "8" * 10_000,
    "0" * 10_000 + "-1-1",
    "a" * 10_000 + "@b.com",
    "-" * 10_000,
]
PARSERS = [Cedula.parse, Phone.parse, EmailAddress.parse, AccountNumber.parse, CardNumber.parse]

lettered = st.builds(
    Cedula,
    kind=st.sampled_from(["PE", "E", "N"]),
    province=st.just(0),
    tomo=st.integers(1, 9999),
    asiento=st.integers(1, 999_999),
)
provincial = st.builds(
    Cedula,
    kind=st.sampled_from(["", "AV", "PI"]),
    province=st.integers(1, 13),
    tomo=st.integers(1, 9999),
    asiento=st.integers(1, 999_999),
)
cedulas = lettered | provincial
accounts = st.builds(
    AccountNumber,
    product=st.from_regex(r"[0-9]{2}", fullmatch=True).filter(str.isascii),
    branch=st.from_regex(r"[0-9]{3}", fullmatch=True).filter(str.isascii),
    holder=st.integers(1, 10**10 - 1),
    sequence=st.integers(1, 99),
    check=st.none() | st.integers(0, 9),
)
phones = st.from_regex(r"(6[0-9]{7}|[1-57-9][0-9]{6}|800[0-9]{5})", fullmatch=True).map(
    lambda digits: Phone(f"+507{digits}")
)
emails = st.builds(
    "{}@{}.{}".format,
    st.text(string.ascii_letters + string.digits + "._%+-", min_size=1, max_size=20).filter(
        lambda local: not local.startswith(".") and not local.endswith(".") and ".." not in local
    ),
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=20),
    st.sampled_from(["com", "pa", "com.pa", "ORG"]),
).map(EmailAddress)
hyphens = st.sampled_from(["-", " - ", "–", "\u2011", " ", "\u00a0", "−", "  "])


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("08-0123-00456", "8-123-456"),
        ("PE-12-345", "PE-12-345"),
        ("e-8-102017", "E-8-102017"),
        ("N-19-1234", "N-19-1234"),
        ("1AV-432-658", "1AV-432-658"),
        ("13-1234-123456", "13-1234-123456"),
        ("4-PI-234-123", "4PI-234-123"),
        ("4pi 234 123", "4PI-234-123"),
        ("8 123 456", "8-123-456"),
        ("8–123–456", "8-123-456"),
        ("8\u2011123\u2011456", "8-123-456"),
        (" 8-123-456\n", "8-123-456"),
        ("01-av-432-658", "1AV-432-658"),
    ],
)
def test_cedula_accepts(typed: str, canonical: str) -> None:
    assert str(Cedula.parse(typed)) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "14-1-1",
            "0-1-1",
            "8-0-1",
            "8-12345-1",
            "8-1-1234567",
            "8123456",
            "EE-1-1",
            "8-NT-1-8346",
            "8-٣-4",
        ),
        *("8-1-0", "8-PE-1-2", "AV-1-2", "PI-1-2", "8--1-2", "-8-1-2", "8-1-2-", "8-1", "13AV1-1", "8E-1-2"),
        *("001-1-1", "ſ-1-1", "8-1-2\n\n3", "8\t1\t2"),
    ],
)
def test_cedula_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Cedula.parse(typed)
    assert caught.value.message_es == CEDULA_MESSAGE


@given(cedulas)
def test_cedula_round_trips(cedula: Cedula) -> None:
    assert Cedula.parse(cedula.format()) == cedula


@given(cedulas, hyphens, hyphens, st.integers(0, 4))
def test_two_spellings_are_one_person(cedula: Cedula, first: str, second: str, zeros: int) -> None:
    pad = "0" * zeros
    typed = f" {cedula.prefix.lower()}{first}{pad}{cedula.tomo}{second}{pad}{cedula.asiento}\r\n"
    assert len({cedula, Cedula.parse(typed)}) == 1


def test_cedula_order_mask_and_repr() -> None:
    cedula = Cedula.parse("8-123-123456")
    assert Cedula.parse("2-9-9") < cedula < Cedula.parse("10-1-1")
    assert cedula.masked() == "8-•••-•456"
    assert "123456" not in repr(cedula)
    with pytest.raises(InvalidValue):
        Cedula("", 14, 1, 1)


@pytest.mark.parametrize(
    ("cedula", "digits"),
    [
        *(("8-442-445", "08"), ("PE-10-442", "50"), ("N-45-832", "58"), ("E-12-342", "10")),
        *(("1AV-432-658", None), ("4PI-234-123", None)),
    ],
)
def test_ruc_digits_where_libraries_agree(cedula: str, digits: str | None) -> None:
    assert verification_digits(Cedula.parse(cedula)) == digits


@given(cedulas)
def test_ruc_digits_never_refuse_anybody(cedula: Cedula) -> None:
    digits = verification_digits(cedula)
    assert (digits is None) == (cedula.kind in ("AV", "PI"))
    assert digits is None or (len(digits) == 2 and digits.isdigit())


@pytest.mark.parametrize(
    ("typed", "e164", "shown"),
    [
        ("61234567", "+50761234567", "6123-4567"),
        ("6123-4567", "+50761234567", "6123-4567"),
        ("+507 6123 4567", "+50761234567", "6123-4567"),
        ("00507-6123-4567", "+50761234567", "6123-4567"),
        ("50761234567", "+50761234567", "6123-4567"),
        ("(507) 205-0911", "+5072050911", "205-0911"),
        ("205 0911", "+5072050911", "205-0911"),
        ("507-1234", "+5075071234", "507-1234"),
        ("800-1234", "+5078001234", "800-1234"),
        ("800-12345", "+50780012345", "800-12345"),
    ],
)
def test_phone_accepts(typed: str, e164: str, shown: str) -> None:
    phone = Phone.parse(typed)
    assert (phone.e164, phone.format()) == (e164, shown)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "612345",
            "6123456",
            "612345678",
            "71234567",
            "0123456",
            "+1 305 555 1234",
            "++5076123",
            "6123-456a",
        ),
        *("+61234567", "6١23-4567", "6123\n4567"),
    ],
)
def test_phone_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue):
        Phone.parse(typed)


@given(phones, st.sampled_from(["", "+507 ", "00507", "507 "]))
def test_phone_round_trips(phone: Phone, prefix: str) -> None:
    assert Phone.parse(phone.format()) == phone == Phone.parse(phone.e164) == Phone.parse(prefix + phone.format())


def test_phone_mobile_and_mask() -> None:
    assert Phone.parse("6123-4521").masked() == "6•••-••21"
    assert Phone.parse("205-0911").masked() == "2••-••11"
    assert "1234" not in repr(Phone.parse("6123-4521"))
    assert Phone.parse_mobile("6123-4567").is_mobile
    for typed in ("205-0911", "12", "800-12345"):
        with pytest.raises(InvalidValue, match=MOBILE_MESSAGE):
            Phone.parse_mobile(typed)


@pytest.mark.parametrize("typed", ["a@b.co", "o'neil.j+x@Sub.Example.COM.PA ", "x_1-2@xn--caa.xn--p1ai"])
def test_email_accepts(typed: str) -> None:
    assert EmailAddress.parse(typed).format().partition("@")[2].islower()


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "a",
            "@b.com",
            "a@",
            "a@b",
            "a@@b.com",
            "a b@c.com",
            ".a@b.com",
            "a.@b.com",
            "a..b@c.com",
            "a@-b.com",
        ),
        *(
            "a@b.com\nBcc: x@y.com",
            "a@b.c\rom",
            "a\x00@b.com",
            "peña@b.com",
            '"a"@b.com',
            "a@b.c1",
            "a@[1.2.3.4]",
        ),
        *("<a@b.com>", "a@b.com,c@d.com", "x" * 65 + "@b.com", "a@" + "b" * 64 + ".com", "a@b..com"),
    ],
)
def test_email_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue):
        EmailAddress.parse(typed)


@given(emails)
def test_email_round_trips(email: EmailAddress) -> None:
    again = EmailAddress.parse(email.format())
    assert again == email and again.address == email.address
    assert len({email, EmailAddress.parse(email.format().upper())}) == 1


def test_email_mask() -> None:
    email = EmailAddress.parse("juan@dominio.com")
    assert email.masked() == "j•••@dominio.com"
    assert "juan" not in repr(email)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("01-018-50012-1-7", "01-018-50012-1-7"),
        ("06-018-50012-1", "06-018-50012-1"),
        ("06 018 50012 1", "06-018-50012-1"),
        ("6-18-050012-1", "06-018-50012-1"),
        (" 01–018–50012 – 1–0\n", "01-018-50012-1-0"),
    ],
)
def test_account_accepts(typed: str, canonical: str) -> None:
    assert AccountNumber.parse(typed).format() == canonical


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "060185001\u200b21",
            "06018500121",
            "06-018-0-1",
            "06-018-50012-0",
            "06-018-50012",
            "06-018-50012-1-77",
        ),
        *("06-0181-50012-1", "006-018-50012-1", "06-018-50012-1-7-1", "06-٠١٨-50012-1", "06--018-50012-1"),
    ],
)
def test_account_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue):
        AccountNumber.parse(typed)


@given(accounts, hyphens)
def test_account_round_trips(account: AccountNumber, hyphen: str) -> None:
    assert AccountNumber.parse(account.format()) == account
    assert len({account, AccountNumber.parse(account.format().replace("-", hyphen))}) == 1


def test_account_parts_order_and_mask() -> None:
    account = AccountNumber.parse("01-018-50012-1-7")
    assert (account.product, account.branch, account.holder, account.sequence, account.check) == (
        *("01", "018", 50012, 1, 7),
    )
    assert AccountNumber.parse("01-018-50012-1") < account < AccountNumber.parse("06-018-50012-1")
    assert account.masked() == "01-018-•••12-1-7"
    assert AccountNumber.parse("06-018-7-1").masked() == "06-018-•••-1"


def test_card_shows_four_and_four_at_most() -> None:
    card = CardNumber.parse("5216 1234 5678 9014"[:-1] + _luhn_digit("521612345678901"))
    shown = f"{card} {card!r} {card.masked()}"
    assert card.masked() == f"5216-XXXX-XXXX-{card.last4}" == masked_card("5216", card.last4)
    assert "12345678" not in shown.replace("-", "")
    assert card.bin4 == "5216"
    with pytest.raises(TypeError):
        pickle.dumps(card)
    with pytest.raises(AttributeError):
        card._digits = "4111111111111111"


def test_card_token_is_keyed_and_stable() -> None:
    one, same = CardNumber.parse("4111111111111111"), CardNumber.parse("4111-1111 1111-1111")
    assert one == same and hash(one) == hash(same)
    assert one.token(b"k" * 32) == same.token(b"k" * 32) != one.token(b"x" * 32)
    assert len(one.token(b"k" * 32)) == 64 and "4111111111111111" not in one.token(b"k" * 32)
    with pytest.raises(ValueError, match="32 bytes"):
        one.token(b"short")


@pytest.mark.parametrize("typed", ["4111111111111112", "411111111111", "4111--1111-1111-1111", "41111111111111111111"])
def test_card_rejects_without_repeating_it(typed: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        CardNumber.parse(typed)
    assert typed not in str(caught.value)


def _luhn_digit(body: str) -> str:
    total = sum(sum(divmod(int(char) * (2 if index % 2 == 0 else 1), 10)) for index, char in enumerate(reversed(body)))
    return str(-total % 10)


@given(
    st.integers(12, 18).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size)),
    st.sampled_from(["", " ", "-", ".", "  ", "\u2013", "\n"]),
    st.text("abc áñ.,;", max_size=10),
)
def test_every_card_number_in_a_note_is_found(body: str, gap: str, around: str) -> None:
    digits = body + _luhn_digit(body)
    grouped = gap.join(digits[start : start + 4] for start in range(0, len(digits), 4))
    assert contains_card_number(f"{around}x{grouped}x{around}")


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("La tarjeta es 4111 1111 1111 1111, vence 12/27", True),
        ("٤١١١١١١١١١١١١١١١", True),
        ("4111\u200b1111\u200b1111\u200b1111", True),
        ("Llamó del 6123-4567 el 23/11/2026 a las 09:41", False),
        ("De 06-018-50012-1 a 06-070-50020-1, 1,322.64", False),
        ("23/11/2026 1,322.64 6123-4567", False),
        ("4111111111111112", False),
        ("", False),
    ],
)
def test_card_numbers_in_notes(note: str, found: bool) -> None:
    assert contains_card_number(note) is found


def test_long_notes_are_scanned_quickly() -> None:
    # No run of 13 to 19 ones passes Luhn, so every window of every group is looked at.
    assert not contains_card_number("1 " * 5_000)
    assert contains_card_number("a" * 10_000 + "4111111111111111")


@pytest.mark.parametrize("bad", [("521", "1234"), ("5216", "12345"), ("٥216", "1234"), ("5216\n", "1234")])
def test_masked_card_takes_four_digits(bad: tuple[str, str]) -> None:
    with pytest.raises(InvalidValue):
        masked_card(*bad)


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_in_clean_words(typed: str) -> None:
    for parse in PARSERS:
        with pytest.raises(InvalidValue) as caught:
            parse(typed)
        assert caught.value.message_es.isprintable() and len(caught.value.message_es) < 200


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_invalid(text: str) -> None:
    for parse in PARSERS:
        try:
            assert str(parse(text)).isprintable()
        except InvalidValue as error:
            assert error.message_es.isprintable()
