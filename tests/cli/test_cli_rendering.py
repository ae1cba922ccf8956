"""Values for people and for machines."""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from cli import as_json
from cli.render import identifier, money, plain, progress, safe, size


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (1234567, "1,234,567"),
        (Decimal("1234.50"), "1,234.50"),
        (1.5, "1.5"),
        (date(2024, 2, 3), "2024-02-03"),
        (datetime(2024, 2, 3, 4, 5, 6), "2024-02-03 04:05 UTC"),  # noqa: DTZ001
        (["a", None, 2000], "a, , 2,000"),
        ({"a": 1, "b": None}, "a: 1"),
        ((), ""),
    ],
)
def test_values_are_written_for_people(value: object, shown: str) -> None:
    assert plain(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\t c", "a b  c"),
        ("\x1b[2J", "\\u001b[2J"),
        ("\x9b31m", "\\u009b31m"),
        ("a\u202eb\u2066c\u200bd\u061c", "a\\u202eb\\u2066c\\u200bd\\u061c"),
        ("\udce9", "\\udce9"),
        ("Ünïcode 東京 می‌خواهم", "Ünïcode 東京 می‌خواهم"),
    ],
)
def test_nothing_that_a_terminal_obeys_stays(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), '"NaN"'),
        (float("inf"), '"inf"'),
        (0.1, "0.1"),
        (2**100, str(2**100)),
        (True, "true"),
        (None, "null"),
        (b"\x00\xff", '"00ff"'),
        (time(1, 2), '"01:02:00"'),
        (timedelta(days=1), '"1 day, 0:00:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ("a\x9b\u2028", '"a\\u009b\\u2028"'),
        ([], "[]"),
        ({}, "{}"),
        ({1: [Decimal("0.50"), {"b": None}]}, '{"1": [0.50, {"b": null}]}'),
    ],
)
def test_json_is_exact_and_valid(value: object, text: str) -> None:
    assert as_json.text(value, gap=None) == text
    json.loads(text)
    assert json.loads(as_json.text([value])) == [json.loads(text)]


def test_sizes_and_amounts_have_units() -> None:
    assert [size(n) for n in (999, 1500, 2_500_000, 3 * 10**9)] == ["999 bytes", "1.5 kB", "2.5 MB", "3.0 GB"]
    amounts = [{"kind": "final", "value": Decimal("1000.00"), "currency": None}]
    assert money(amounts) == "final 1,000.00 (currency not stated)"
    assert money(None) == ""
    assert identifier({"scheme": "lei", "value": "X", "valid": False}) == "lei X (not valid)"


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as tell:
        tell("file", 1, 2)
    assert capsys.readouterr().err == ""


def test_progress_shows_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        tell("na\x1bme", 1, None)
        tell("na\x1bme", 2, 4)
    err = capsys.readouterr().err
    assert "na\\u001bme" in err
