"""The macros of records.sql read every date and amount the agencies write, and count what they cannot read."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapter_files import macro_files

UNREADABLE = "-infinity"
ERAS = {"R": (date(2019, 5, 1), 2018), "H": (date(1989, 1, 8), 1988), "S": (date(1926, 12, 25), 1925)}
ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
SPANISH = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre")  # fmt: skip
PORTUGUESE = ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
              "novembro", "dezembro")  # fmt: skip
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")

days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
cents = st.integers(0, 10**15).map(lambda n: Decimal(n) / 100)
blanks = st.sampled_from(["", " ", "   "])
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Value of a macro call over bound texts: dates as ISO text."""
    con = duckdb.connect()
    for file in macro_files():
        con.execute(file.read_text(encoding="utf-8"))

    def value(call: str, *texts: str | None) -> Any:
        row = con.execute(f"SELECT {call}", list(texts)).fetchone()
        return row[0] if row else None

    yield value
    con.close()


def day(ask: Ask, macro: str, text: str | None) -> str | None:
    """The day that a date macro reads, as ISO text; '-infinity' for what it cannot read."""
    read = ask(f"{macro}(?)::VARCHAR", text)
    return None if read is None else str(read)


@settings(max_examples=50, deadline=None)
@given(when=days, before=blanks, after=blanks)
def test_a_day_is_read_in_every_order_in_which_agencies_write_it(ask: Ask, when: date, before: str, after: str) -> None:
    written = {
        "date_us": [f"{when:%m/%d/%Y}", f"{when.month}/{when.day}/{when.year}"],
        "date_iso": [when.isoformat(), f"{when}T01:00:00+02:00", f"{when} 00:00:00", f"{when:%Y%m%d}"],
        "date_dmy": [
            f"{when:%d/%m/%Y}",
            f"{when:%d.%m.%Y}",
            f"{when:%d-%m-%Y}",
            f"{when.day}.{when.month}.{when.year}",
        ],
        "date_en": [
            f"{ENGLISH[when.month - 1]} {when.day}, {when.year}",
            f"{ENGLISH[when.month - 1][:3]} {when.day:02}, {when.year}",
            f"{when.day} {ENGLISH[when.month - 1]} {when.year}",
        ],
        "date_es": [
            f"{when.day} de {SPANISH[when.month - 1]} de {when.year}",
            f"{when.day} de {PORTUGUESE[when.month - 1]} de {when.year}",
            f"{when.day:02} de {SPANISH[when.month - 1].capitalize()} de {when.year}",
        ],
    }
    for macro, texts in written.items():
        for text in texts:
            assert day(ask, macro, f"{before}{text}{after}") == when.isoformat(), (macro, text)


@settings(deadline=None)
@given(when=st.dates(date(1970, 1, 1), date(2060, 12, 31)))
def test_a_year_of_two_digits_is_within_a_century_of_ours(ask: Ask, when: date) -> None:
    """1969 to 2068, as POSIX has it."""
    assert day(ask, "date_us", f"{when.month}/{when.day}/{when:%y}") == when.isoformat()
    assert day(ask, "date_dmy", f"{when:%d/%m/%y}") == when.isoformat()


@settings(deadline=None)
@given(when=days)
def test_japanese_eras_are_read_in_letters_and_in_kanji(ask: Ask, when: date) -> None:
    letter = next(letter for letter, (start, _) in ERAS.items() if when >= start) if when >= ERAS["H"][0] else "S"
    year = when.year - ERAS[letter][1]
    kanji = {"R": "令和", "H": "平成", "S": "昭和"}[letter]
    spelled = "元" if year == 1 else str(year)
    for text in (
        f"{letter}{year}.{when.month}.{when.day}",
        f"{kanji}{year}年{when.month}月{when.day}日",
        f"{kanji}{spelled}年{when.month}月{when.day}日",
        f"{kanji} {year}年 {when.month}月 {when.day}日".translate(WIDE),
    ):
        assert day(ask, "date_jp", text) == when.isoformat(), text


@pytest.mark.parametrize("macro", ["date_us", "date_iso", "date_dmy", "date_en", "date_es", "date_jp"])
@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_blank_date_is_no_date(ask: Ask, macro: str, text: str | None) -> None:
    assert day(ask, macro, text) is None


@pytest.mark.parametrize(
    ("macro", "text"),
    [
        ("date_us", "13/13/2024"), ("date_us", "2024-01-31"), ("date_us", "2/30/2024"), ("date_us", "soon"),
        ("date_iso", "2024-02-30"), ("date_iso", "31/01/2024"), ("date_iso", "2024"), ("date_iso", "202401"),
        ("date_dmy", "01/13/2024"), ("date_dmy", "31/02/2024"), ("date_dmy", "2024"),
        ("date_en", "Septober 3, 2024"), ("date_en", "February 30, 2024"), ("date_en", "3/4/2024"),
        ("date_es", "30 de brumario de 2022"), ("date_es", "31 de febrero de 2022"), ("date_es", "noviembre"),
        ("date_jp", "2024-03-01"), ("date_jp", "X6.3.1"), ("date_jp", "R6.13.1"), ("date_jp", "R6.3"),
    ],
)  # fmt: skip
def test_an_unreadable_date_gets_the_mark_that_is_counted(ask: Ask, macro: str, text: str) -> None:
    assert day(ask, macro, text) == UNREADABLE


@settings(deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_makes_a_date_macro_fail(ask: Ask, text: str) -> None:
    """A row must not be able to stop its source."""
    text = text.replace("\0", "")
    for macro in ("date_us", "date_iso", "date_dmy", "date_en", "date_es", "date_jp"):
        read = day(ask, macro, text)
        assert read is None or read == UNREADABLE or any(digit.isdigit() for digit in text)


@settings(deadline=None)
@given(value=cents, sign=st.sampled_from(["", "$", "$ ", "US$ ", "R$ "]), after=st.sampled_from(["", " ", " USD"]))
def test_an_amount_is_read_with_and_without_signs_and_separators(
    ask: Ask, value: Decimal, sign: str, after: str
) -> None:
    european = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    for macro, text in (
        ("money", f"{value:.2f}"),
        ("money", f"{value:,.2f}"),
        ("money_eu", f"{value:.2f}".replace(".", ",")),
        ("money_eu", european),
    ):
        read = ask(f"{macro}('final', ?, 'USD')", f"{sign}{text}{after}")
        assert read == {"kind": "final", "value": value, "currency": "USD"}, (macro, text)


@settings(deadline=None)
@given(value=st.integers(0, 10**12))
def test_a_whole_amount_needs_no_decimals(ask: Ask, value: int) -> None:
    for macro, text in (
        ("money", str(value)),
        ("money", f"{value:,}"),
        ("money_eu", str(value)),
        ("money_eu", f"{value:,}".replace(",", ".")),
        ("money_eu", f"{value:,}".replace(",", " ")),
    ):
        assert ask(f"{macro}('paid', ?, 'EUR')", text)["value"] == value, (macro, text)


@pytest.mark.parametrize("macro", ["money", "money_eu"])
@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_blank_amount_is_no_amount(ask: Ask, macro: str, text: str | None) -> None:
    assert ask(f"{macro}('final', ?, 'USD')", text) is None


@pytest.mark.parametrize(
    ("macro", "text"),
    [
        ("money", "1.234,56"), ("money", "12,34"), ("money", "-5"), ("money", "1,2345"), ("money", "5 to 10"),
        ("money", "unknown"), ("money", "1e9"), ("money", "1 234.56"),
        ("money_eu", "1,234.56"), ("money_eu", "12.34"), ("money_eu", "-5"), ("money_eu", "5 a 10"),
    ],
)  # fmt: skip
def test_an_amount_that_could_mean_something_else_is_never_guessed(ask: Ask, macro: str, text: str) -> None:
    """1.234,56 read as dollars and cents would be wrong by a factor of a thousand."""
    assert ask(f"{macro}('final', ?, 'USD')", text) == {"kind": "final", "value": None, "currency": "USD"}


@settings(deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_makes_an_amount_macro_fail_or_negative(ask: Ask, text: str) -> None:
    for macro in ("money", "money_eu"):
        read = ask(f"{macro}('final', ?, 'USD')", text.replace("\0", ""))
        assert read is None or read["value"] is None or read["value"] >= 0


def test_keys_tell_parts_apart_and_are_stable(ask: Ask) -> None:
    keys = [
        ask("key_of([?, ?])", *parts) for parts in (("a", "bc"), ("ab", "c"), ("a", None), (None, "a"), ("a", "bc"))
    ]
    assert keys[0] == keys[4]
    assert len(set(keys)) == 4
    assert all(len(key) == 24 for key in keys)


def test_an_address_is_its_parts_without_gaps(ask: Ask) -> None:
    read = ask("address(?, ?, ?, ?, ?)", "1 Sample Street", " Exampletown ", "", None, "us")
    assert read == {
        "text": "1 Sample Street, Exampletown, us", "city": "Exampletown", "region": None, "postcode": None,
        "country": "us",
    }  # fmt: skip
    assert ask("address(?, ?, ?, ?, ?)", "", " ", None, None, None) is None


def test_identifiers_names_and_events_without_content_are_left_out(ask: Ask) -> None:
    assert ask("id('lei', ?)", " ") is None
    assert ask("id('lei', ?)", " X1 ") == {"scheme": "lei", "value": "X1"}
    assert ask("alias('former', ?)", "") is None
    assert ask("alias('former', ?)", " Example Ltd ") == {"name": "Example Ltd", "kind": "former"}
    assert ask("event('Hearing', date_us(?))", "") is None
    assert ask("event('Hearing', date_us(?), 'held')", "1/2/2024") == {
        "date": date(2024, 1, 2), "type": "Hearing", "note": "held",
    }  # fmt: skip
