"""Identifiers: canonical value, check digit, what a bare query may be, which denote persons."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.br import cnpj, cpf
from stdnum.cn import uscc
from stdnum.iso7064 import mod_97_10
from stdnum.mx import rfc

from ingest.identifiers import Identifier, check, display, parse, personal, recognise
from ingest.identifiers.schemes import SCHEMES

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count).filter(lambda text: int(text) > 0)


def _letters(count: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=count, max_size=count)


leis = _letters(18, ALPHANUMERIC).map(lambda body: body + mod_97_10.calc_check_digits(body))
cnpjs = _digits(12).map(lambda body: "1" + body[1:]).map(lambda body: body + cnpj.calc_check_digits(body))
sirens = _digits(8).map(lambda body: "4" + body[1:]).map(lambda body: body + luhn.calc_check_digit(body))
sirets = st.tuples(sirens, _digits(4)).map("".join).map(lambda body: body + luhn.calc_check_digit(body))
usccs = st.builds(
    lambda head, tail: "91" + head + tail + uscc.calc_check_digit("91" + head + tail),
    _digits(6),
    _letters(9, "0123456789ABCDEFGHJKLMNPQRTUWXY"),
)
rfcs = _letters(3).map(lambda name: name + "010203AB").map(lambda body: body + rfc.calc_check_digit(body))
numbers = {"lei": leis, "cnpj": cnpjs, "siren": sirens, "siret": sirets, "uscc": usccs, "rfc": rfcs}
known = st.sampled_from(sorted(numbers)).flatmap(lambda scheme: st.tuples(st.just(scheme), numbers[scheme]))
every_change_shows = known.filter(lambda pair: pair[0] in {"lei", "siren", "siret", "uscc"})


@given(known)
def test_a_number_with_its_check_digit_is_valid_and_its_own_canonical_value(pair: tuple[str, str]) -> None:
    found = parse(*pair)
    assert (found.value, found.valid) == (pair[1], True)
    assert parse(pair[0], found.value) == found


@given(every_change_shows, st.data())
def test_one_changed_digit_is_noticed(pair: tuple[str, str], data: st.DataObject) -> None:
    scheme, number = pair
    at = data.draw(st.sampled_from([at for at, sign in enumerate(number) if sign.isdigit()]))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))
    assert parse(scheme, number[:at] + other + number[at + 1 :]).valid is False


@given(known, st.sampled_from("0123456789"))
def test_a_wrong_check_digit_is_noticed(pair: tuple[str, str], digit: str) -> None:
    scheme, number = pair
    assert parse(scheme, number[:-1] + digit).valid is (digit == number[-1])


@given(known, st.sampled_from([" ", "-", ".", "/", "\u00a0", "–"]), st.data())
def test_punctuation_case_and_width_do_not_matter(pair: tuple[str, str], sign: str, data: st.DataObject) -> None:
    scheme, number = pair
    at = data.draw(st.integers(0, len(number)))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    for written in (f" {number[:at]}{sign}{number[at:]} ", number.lower(), wide):
        assert parse(scheme, written) == parse(scheme, number)


@given(known)
def test_a_valid_number_is_recognised_by_itself(pair: tuple[str, str]) -> None:
    scheme, number = pair
    for written in (number, display(scheme, number), f"{scheme}: {number}"):
        found = {identifier.scheme: identifier for identifier in recognise(written)}
        assert found[scheme] == parse(scheme, number)
    assert [identifier.scheme for identifier in recognise(f"{scheme} no. {number}")] == [scheme]


@given(st.sampled_from([*SCHEMES, "xx-unknown"]), st.text())
@example("vat", "EL٣")
@example("lei", "²" * 20)
@example("cik", "\ud800")
def test_no_text_raises_and_canonical_values_are_stable(scheme: str, text: str) -> None:
    found = parse(scheme, text)
    again = parse(scheme, found.value)
    assert again.value == found.value
    assert again.valid == found.valid
    assert isinstance(personal(scheme, text), bool)
    assert isinstance(display(scheme, text), str)
    for identifier in recognise(text):
        assert parse(identifier.scheme, identifier.value) == identifier


@pytest.mark.parametrize(
    ("scheme", "text", "value", "valid", "country"),
    [
        ("cik", "1234567", "0001234567", None, "us"),
        ("cik", "CIK0001234567", "0001234567", None, "us"),
        ("cik", "12345678901", "12345678901", False, "us"),
        ("ein", "12-3456789", "123456789", None, "us"),
        ("ein", "07-1234567", "071234567", False, "us"),
        ("uei", "ab12cd34ef56", "AB12CD34EF56", None, "us"),
        ("uei", "0B12CD34EF56", "0B12CD34EF56", False, "us"),
        ("duns", "12-345-6789", "123456789", None, None),
        ("bic", "abcd de ff xxx", "ABCDDEFF", None, "de"),
        ("bic", "ABCDQQFF", "ABCDQQFF", False, None),
        ("gb-company-number", "1234567", "01234567", None, "gb"),
        ("gb-company-number", "SC12345", "SC012345", None, "gb"),
        ("gb-company-number", "IP1234RS", "IP1234RS", None, "gb"),
        ("imo", "IMO 1234567", "1234567", True, None),
        ("imo", "1234568", "1234568", False, None),
        ("imo-company", "IMO 1234565", "1234565", True, None),
        ("imo-company", "1234567", "1234567", False, None),
        ("ru-inn", "1234567894", "1234567894", True, "ru"),
        ("ru-ogrn", "1234567890124", "1234567890124", False, "ru"),
        ("vat", "be 123456749", "BE0123456749", True, "be"),
        ("vat", "EL123456783", "EL123456783", True, "gr"),
        ("vat", "XX123456783", "XX123456783", False, None),
        ("un-ref", "QDe.004 ", "QDE004", None, None),
        ("accession", "0001234567-24-000123", "000123456724000123", None, "us"),
        ("phmsa-opid", "32109", "32109", None, "us"),
        ("fda-fei", "3012345678", "3012345678", None, "us"),
        ("ofac-ent", "36", "36", None, "us"),
        ("uscc", "N1110108MF12345670", "N1110108MF12345670", False, "cn"),
        ("xx-unknown", " ab-12 ", "ab-12", None, None),
    ],
)
def test_values_by_scheme(scheme: str, text: str, value: str, valid: bool | None, country: str | None) -> None:
    assert parse(scheme, text) == Identifier(scheme, value, valid, country)


def test_a_code_of_a_chinese_village_collective_can_be_valid() -> None:
    body = "N2110108MF1234567"
    assert parse("uscc", body + uscc.calc_check_digit(body)).valid is True


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("rfc", "XXXXXXXXXXXX"),
        ("rfc", "XAXX010101000"),
        ("rfc", "xexx-010101-000"),
        ("ein", "00-0000000"),
        ("cnpj", "00.000.000/0000-00"),
        ("cnpj", "-"),
        ("lei", ""),
        ("cik", " 0 "),
    ],
)
def test_a_mask_or_filler_is_no_identifier(scheme: str, text: str) -> None:
    assert check([(scheme, text)]) == [("", False)]
    assert recognise(text) == []
    assert personal(scheme, text) is False


def test_check_keeps_the_order_of_its_pairs() -> None:
    assert check([("cik", "7"), ("imo", "1234560"), ("other", "x")]) == [
        ("0000000007", None),
        ("1234560", False),
        ("x", None),
    ]


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("cpf", "123.456.789-09"),
        ("cpf", "***.456.789-**"),
        ("cnpj", "123.456.789-09"),
        ("cnpj", "***.456.789-**"),
        ("rfc", "ABCD010203AB1"),
        ("rfc", "ABCD-010203"),
        ("uscc", "92110108MA12345678"),
        ("ru-inn", "123456789047"),
        ("ru-ogrn", "312345678901234"),
        ("tr-vkn", "12345678901"),
        ("un-ref", "QDi.123"),
        ("vat", "ES12345678Z"),
        ("vat", "CZ7001011234"),
    ],
)
def test_numbers_of_persons_are_told(scheme: str, text: str) -> None:
    assert personal(scheme, text) is True


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("cnpj", "11.222.333/0001-81"),
        ("rfc", "ABC010203AB1"),
        ("uscc", "91110108MA12345678"),
        ("ru-inn", "1234567894"),
        ("un-ref", "QDe.004"),
        ("vat", "ESB12345674"),
        ("ein", "12-3456789"),
        ("xx-unknown", "123.456.789-09"),
    ],
)
def test_numbers_of_companies_say_nothing_about_persons(scheme: str, text: str) -> None:
    assert personal(scheme, text) is False


def test_a_masked_cpf_leaves_no_valid_value() -> None:
    assert parse("cpf", "***.456.789-**").valid is False
    assert parse("cpf", "12345678909").valid is cpf.is_valid("12345678909")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("11.222.333/0001-81", ("cnpj", "11222333000181")),
        ("12-3456789", ("ein", "123456789")),
        ("CIK 320", ("cik", "0000000320")),
        ("Swift: abcddeff", ("bic", "ABCDDEFF")),
        ("IMO 1234567", ("imo", "1234567")),
        ("QDe.004", ("un-ref", "QDE004")),
        ("0001234567-24-000123", ("accession", "000123456724000123")),
        ("0000000320", ("cik", "0000000320")),
        ("D-U-N-S Number 12-345-6789", ("duns", "123456789")),
        ("12345678", ("cik", "0012345678")),
    ],
)
def test_the_likeliest_scheme_of_a_query_comes_first(query: str, first: tuple[str, str]) -> None:
    assert (recognise(query)[0].scheme, recognise(query)[0].value) == first


def test_plain_digits_may_be_several_numbers() -> None:
    assert [found.scheme for found in recognise("32109")] == ["cik", "phmsa-opid", "ofac-ent"]


def test_an_rfc_issued_with_a_wrong_check_digit_is_still_found_last() -> None:
    found = recognise("ABC010203AB2")
    assert found[-1] == Identifier("rfc", "ABC010203AB2", valid=False, country="mx")


@pytest.mark.parametrize(
    "query", ["", "  ", "Pine Ridge", "Brightwater Holdings", "!!!", "9" * 21, "11.222.333/0001-82"]
)
def test_names_and_wrong_numbers_are_not_taken_for_identifiers(query: str) -> None:
    assert recognise(query) == []


def test_malformed_values_are_shown_as_they_are() -> None:
    assert display("cnpj", "123") == "123"
    assert display("xx-unknown", "123") == "123"
    assert display("lei", "X") == "X"
    assert display("duns", "123456789") == "12-345-6789"
    assert display("siren", "123456782") == "123 456 782"
