"""The catalogue files that ship, and how broken ones are reported (req. 7, 8, 21, 23; S19-S31, S58-S60)."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest

from data.catalog.billers import BillerStatus, PaymentKind, load_billers, parse_billers
from data.catalog.branches import load_branches, parse_branches
from data.catalog.common_passwords import load_common_passwords
from data.catalog.flags import load_flags, parse_flags
from data.catalog.holidays import HolidayScope, load_holidays, parse_holidays
from data.catalog.products import LedgerNature, ProductGroup, load_products, parse_products
from data.catalog.questions import load_questions, parse_questions
from data.catalog.reader import CatalogError, Confidence
from data.values.errors import InvalidValue
from data.values.money import Money
from data.values.text import clean

NOVEMBER = date(2026, 11, 23)


def test_products_of_the_guide() -> None:
    products = load_products()
    names = [products.by_code[code].name for code in ("01", "02", "03", "04", "05", "06")]
    assert names == [
        "APORTACIONES",
        "CAPITAL EXTERNO",
        "FONDO DE INCAPACIDAD TEMPORAL",
        "SERVICIO DE MORTUORIA",
        "PLAN SOLIDARIO DE CANCER",
        "AHORROS",
    ]
    assert all(products.in_group(group) for group in ProductGroup)
    assert products.by_name("ahorros") is products.get("06")
    assert products.get("99") is None and products.by_name("x") is None


def test_aportes_take_quotas_and_never_leave() -> None:
    for product in load_products().in_group(ProductGroup.CONTRIBUTIONS):
        assert product.accepts_quota and product.check_digit
        assert not product.transfer_in and not product.transfer_out


def test_savings_move_both_ways_and_never_below_zero() -> None:
    savings = load_products().by_code["06"]
    assert savings.transfer_in and savings.transfer_out and savings.floor == Money(0)
    for product in load_products().by_code.values():
        assert (product.nature is LedgerNature.DEPOSIT) == (product.floor is not None)


def test_thirteen_billers_in_the_order_of_the_guide() -> None:
    billers = list(load_billers().by_id.values())
    assert [biller.guide_id for biller in billers] == [f"S{number}" for number in range(19, 32)]
    assert [biller.guide_name for biller in billers] == [
        *("Cable Wireless", "+ Móvil", "ENSA", "Telefónica (Movistar)", "Digicel", "Claro", "ENA (Panapass)"),
        *("Sonda (Metrobus y Metro)", "Municipio de Panamá", "Aseo Capital", "ATTT", "Cable Onda"),
        "Naturgy (Unión Fenosa)",
    ]
    payable = {biller.id for biller in billers if biller.payable_on(NOVEMBER)}
    assert {biller.id for biller in billers} - payable == {"claro", "digicel"}


def test_names_that_changed_are_still_found() -> None:
    names = {biller.id: biller.search_names for biller in load_billers().by_id.values()}
    for biller_id, alias in (
        *(("movistar", "Movistar"), ("panapass", "Panapass"), ("metro", "Metrobus"), ("metro", "Metro")),
        *(("naturgy", "Unión Fenosa"), ("cable-onda", "Cable Onda"), ("movistar", "Tigo (antes Movistar)")),
    ):
        assert alias in names[biller_id]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Panapass", ["panapass"]),
        ("ena", ["panapass"]),
        ("  MÓVISTAR ", ["movistar"]),
        ("telefonica (movistar)", ["movistar"]),
        ("+movil", ["mas-movil"]),
        ("+ Móvil", ["mas-movil"]),
        ("mas movil", ["mas-movil"]),
        ("mas-movil", ["mas-movil"]),
        ("metro", ["metro"]),  # a whole name, although «Metrobus» begins with it
        ("metrob", ["metro"]),
        ("union fenosa", ["naturgy"]),
        ("Claro", ["claro"]),
        ("digi", ["digicel"]),
        ("muni", ["municipio-panama"]),
        ("onda", ["cable-onda"]),  # a later word of «Cable Onda»
        ("Tigo", ["movistar", "cable-onda"]),
        ("luz", ["ensa", "naturgy"]),
        ("cable", ["cable-wireless", "mas-movil", "cable-onda"]),
        ("Cable & Wireless", ["cable-wireless", "mas-movil"]),
        ("zzz", []),
        ("nda", []),  # no beginning of anything
        ("", []),
        ("+", []),
        ("\x1b[2J", []),
    ],
)
def test_a_biller_is_found_by_anything_that_people_call_it(typed: str, found: list[str]) -> None:
    assert [biller.id for biller in load_billers().search(typed)] == found


def test_every_name_and_every_beginning_of_it_finds_its_biller() -> None:
    billers = load_billers()
    for biller in billers.by_id.values():
        for name in (biller.id, *biller.search_names):
            assert biller in billers.search(name) and biller in billers.search(name.upper())
            assert biller in billers.search(name[:-1]), name


def test_billers_that_cannot_be_paid_say_so() -> None:
    billers = load_billers()
    claro, digicel, attt = (billers.by_id[name] for name in ("claro", "digicel", "attt"))
    assert (claro.status, claro.successor) == (BillerStatus.REPLACED, "mas-movil")
    assert claro.unavailable_message == "Claro se paga como +Móvil."
    assert (digicel.status, digicel.unavailable_message) == (
        BillerStatus.UNAVAILABLE,
        "Digicel no está disponible.",
    )
    assert attt.notice == "Las infracciones de corredores se pagan en ENA o ATTT, no en línea."
    assert attt.extra_reference is not None and attt.extra_reference.required
    municipality = billers.by_id["municipio-panama"].extra_reference
    assert municipality is not None and not municipality.required


def test_references() -> None:
    billers = load_billers()
    assert billers.by_id["metro"].references[0].parse("3307 0524") == "0033070524"
    mobile = billers.by_id["mas-movil"].references_for(PaymentKind.TOP_UP)
    assert [reference.id for reference in mobile] == ["celular"]
    assert mobile[0].parse("6123–4567\n") == "61234567"
    assert billers.by_id["municipio-panama"].references[0].parse("8-123-456 ") == "8-123-456"
    assert [one.id for one in billers.by_id["panapass"].references] == ["panapass", "placa"]
    assert billers.by_id["panapass"].references[1].parse("ab 1234") == "AB1234"
    assert [one.id for one in billers.by_id["movistar"].references_for(PaymentKind.BILL)] == ["celular", "contrato"]
    for bad in ("5123-4567", "6123-456", "6١234567", "6123-4567\x00", "6" * 10_000, "", "6123\n4567"):
        with pytest.raises(InvalidValue):
            mobile[0].parse(bad)


def test_limits_and_denominations() -> None:
    billers = load_billers()
    metro = billers.by_id["metro"].mode(PaymentKind.TOP_UP)
    assert metro is not None
    assert metro.allows(Money(50)) and metro.allows(Money(5000)) and not metro.allows(Money(5001))
    top_up = billers.by_id["movistar"].mode(PaymentKind.TOP_UP)
    assert top_up is not None
    assert top_up.allows(Money(300)) and not top_up.allows(Money(400))
    for biller_id in ("mas-movil", "movistar", "digicel", "claro"):
        mode = billers.by_id[biller_id].mode(PaymentKind.TOP_UP)
        assert mode is not None and [amount.centesimos for amount in mode.denominations] == [
            *(100, 200, 300, 500, 1000, 1500, 2000)
        ]
    assert billers.by_id["ensa"].mode(PaymentKind.TOP_UP) is None


def test_questions() -> None:
    questions = load_questions()
    assert len(questions.offered()) >= 15
    first = questions.by_id["ocupacion-ninez"]
    assert first.text == "¿Cuándo era niño, qué ocupación deseaba ser?"
    assert first.wordings == ("¿Cuándo era niño, qué ocupación deseaba realizar al ser adulto?",)
    weak = {question.id for question in questions.by_id.values() if question.weak}
    assert weak == {"deporte-secundaria", "mes-mejor-amigo", "color-primer-auto"}
    texts = [question.text for question in questions.by_id.values()]
    assert len(set(texts)) == len(texts)


def _easter(year: int) -> date:
    """The anonymous Gregorian computus, an independent source for Carnival and Good Friday."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@pytest.mark.parametrize("year", [2026, 2027])
def test_holidays_follow_the_rules(year: int) -> None:
    easter = _easter(year)
    fixed = [(1, 1), (1, 9), (5, 1), (11, 3), (11, 5), (11, 10), (11, 28), (12, 8), (12, 20), (12, 25)]
    days = {date(year, month, day) for month, day in fixed} | {
        easter - timedelta(days=47),
        easter - timedelta(days=2),
    }
    days |= {day + timedelta(days=1) for day in days if day.weekday() == 6}
    calendar = load_holidays()
    national = {day for day in calendar.by_day if day.year == year and day in calendar}
    banking = {day for day in calendar.banking if day.year == year}
    assert national == days
    assert banking - national == {easter - timedelta(days=48), date(year, 11, 4)}
    assert calendar.covers(year) and not calendar.covers(2030)


def test_holiday_of_mourning_moves_to_monday() -> None:
    calendar = load_holidays()
    moved = calendar.by_day[date(2026, 12, 21)]
    assert (moved.moved_from, moved.scope) == (date(2026, 12, 20), HolidayScope.NATIONAL)
    assert calendar.name_of(date(2026, 2, 17)) == "Martes de Carnaval"
    assert calendar.name_of(NOVEMBER) is None and date(2026, 11, 4) not in calendar
    assert all(first < second for first, second in pairwise(calendar.by_day))


def test_branches() -> None:
    branches = load_branches()
    assert branches.name_of("001") == "Casa Matriz"
    assert branches.name_of("055") == "Sucursal 055"
    assert branches.get("018") is not None and branches.get("055") is None


def test_flags() -> None:
    flags = load_flags()
    assert len(flags.by_id) >= 8
    assert len(flags.for_agent()) == len(flags.by_id) - 2
    automatic = flags.get("contacto-reciente")
    assert automatic is not None and automatic.automatic


def test_common_passwords() -> None:
    denied = load_common_passwords()
    assert len(denied) > 300
    for password in ("Password1", "Contraseña1", "Panama2026", "12345678", "Cooperativa1", "Uprueba01"):
        assert password.casefold() in denied
    assert all(password == password.casefold() and len(password) >= 6 for password in denied)


def test_every_text_that_ships_is_clean() -> None:
    texts = [flag.text + flag.help for flag in load_flags().by_id.values()]
    texts += [question.text for question in load_questions().by_id.values()]
    texts += [name for biller in load_billers().by_id.values() for name in biller.search_names]
    texts += [product.name for product in load_products().by_code.values()]
    assert all(clean(text, 500) == text for text in texts)
    assert {row.confidence for row in load_billers().by_id.values()} == set(Confidence)


FLAG = 'version = 2026-01-01\n[[flag]]\nid = "a"\ntext = "t"\nhelp = "h"\n'
PRODUCT = (
    'version = 2026-01-01\n[[product]]\ncode = "01"\nname = "A"\ngroup = "Cuentas de Aportes"\n'
    'nature = "deposit"\nfloor = "0.00"\nconfidence = "known"\nsource = "s"\n'
)
BILLER = (
    'version = 2026-01-01\n[[biller]]\nid = "a"\nguide_id = "S19"\nname = "A"\nguide_name = "A"\n'
    'aliases = []\nvalid_from = 2020-01-01\nconfidence = "known"\n'
)
MODE = '[[biller.mode]]\nkind = "P"\nmin = "1.00"\nmax = "5.00"\n'
REFERENCE = "[[biller.reference]]\nid = 'n'\nlabel = 'N'\npattern = '[0-9]{3}'\nkinds = ['P']\nexample = '123'\n"


@pytest.mark.parametrize(
    ("parse", "text", "problem"),
    [
        (parse_flags, "version = ", "flags.toml: no es TOML válido"),
        (parse_flags, "", "flags.toml: falta «version»"),
        (parse_flags, "version = 2026-01-01T00:00:00\n", "«version» no es del tipo"),
        (parse_flags, "version = 2026-01-01\n", "no tiene filas"),
        (parse_flags, "version = 2026-01-01\nflag = [1]\n", "lista de tablas"),
        (parse_flags, FLAG.replace('"t"', '" "'), "flag 1 (a): «text» está vacío"),
        (parse_flags, FLAG.replace('"t"', "7"), "flag 1 (a): «text» no es del tipo"),
        (parse_flags, FLAG + "automatc = true\n", "flag 1 (a): campo desconocido «automatc»"),
        (parse_flags, FLAG + FLAG.partition("\n")[2], "«a» está repetido"),
        (parse_products, PRODUCT + "transfer_out = true\n", "no admiten transferencias de salida"),
        (parse_products, PRODUCT.replace('"01"', '"1"'), "dos dígitos"),
        (parse_products, PRODUCT.replace('floor = "0.00"\n', ""), "necesita «floor»"),
        (parse_products, PRODUCT.replace('"0.00"', "0.5"), "«floor» no es del tipo"),
        (parse_products, PRODUCT.replace('"0.00"', '"0,5"'), "«floor»: Monto no válido"),
        (parse_products, PRODUCT.replace("Cuentas de Aportes", "Otras"), "«group» debe ser uno de"),
        (parse_billers, BILLER, "necesita una referencia"),
        (parse_billers, BILLER + MODE, "necesita una referencia"),
        (parse_billers, BILLER + MODE.replace("5.00", "0.50") + REFERENCE, "el mínimo debe ser"),
        (parse_billers, BILLER + MODE + 'denominations = ["9.00"]\n' + REFERENCE, "denominación"),
        (parse_billers, BILLER + MODE + "denominations = [9.0]\n" + REFERENCE, "lista de textos"),
        (parse_billers, BILLER + MODE + REFERENCE.replace("{3}", "{3"), "no cumple"),
        (parse_billers, BILLER + MODE + REFERENCE.replace("[0-9]", "["), "expresión regular"),
        (parse_billers, BILLER + MODE + REFERENCE.replace("['P']", "['X']"), "«kinds»"),
        (parse_billers, BILLER + 'status = "unavailable"\n' + MODE + REFERENCE, "unavailable_message"),
        (parse_billers, BILLER + 'successor = "b"\n' + MODE + REFERENCE, "«successor» va con"),
        (
            parse_billers,
            BILLER + 'status = "replaced"\nunavailable_message = "x"\nsuccessor = "b"\n' + MODE + REFERENCE,
            "el sucesor de «a»",
        ),
        (parse_billers, BILLER + "valid_to = 2019-01-01\n" + MODE + REFERENCE, "anterior"),
        (parse_questions, 'version = 2026-01-01\n[[question]]\nid = "a"\nlikely_answers = 1\n', "2 o más"),
        (parse_branches, "version = 2026-01-01\n[[branch]]\ncode = '1'\n", "falta «name»"),
        (
            parse_holidays,
            "version = 2026-01-01\n[[holiday]]\ndate = 2026-01-01\nname = 'A'\nmoved_from = 2026-01-01\n",
            "moved_from",
        ),
        (
            parse_holidays,
            "version = 2026-01-01\n" + "[[holiday]]\ndate = 2026-01-01\nname = 'A'\n" * 2,
            "repetida",
        ),
    ],
)
def test_broken_files_are_named(parse: Callable[[str], object], text: str, problem: str) -> None:
    with pytest.raises(CatalogError) as caught:
        parse(text)
    assert problem in caught.value.message_es
