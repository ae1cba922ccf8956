"""Access patterns, end to end: link, dated, keyed, handed in, alternatives."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.catalog import Source
from ingest.errors import Blocked, CatalogError, EmptyPayload, NotHandedIn, Unreachable, UsageError, WrongContent
from ingest.fetch import Fetcher, Known
from ingest.fetch.patterns import dated_url, file_name
from tests.fetch.conftest import Agency, Answer, Make, files_in, make_resource

PAGE = '<html><body><a href="/files/list_{0}.csv?a=1&amp;b=2">List</a></body></html>'
DAY = "/{YYYY}/{QTR}/master.{YYYYMMDD}.idx"


def now() -> datetime:
    return datetime(2024, 5, 3, 12, tzinfo=UTC)


def names(payloads: Sequence[object]) -> list[str]:
    return [str(getattr(payload, "name", "")) for payload in payloads]


def test_a_link_is_found_on_the_landing_page(agency: Agency, open_fetcher: Make, source: Source) -> None:
    page = PAGE.format("2024").encode()
    agency.plan("/list", Answer(page, headers={"Content-Type": "text/html; charset=utf-8"}))
    agency.plan("/files/list_2024.csv?a=1&b=2", Answer(b"a,b\n1,2\n"))
    resource = make_resource(agency.url("/list"), pattern="link", link=r'href="([^"]+\.csv[^"]*)"')
    fetched = open_fetcher().fetch(source, resource)
    assert names(fetched.payloads) == ["list_2024.csv"]
    assert [row.url for row in fetched.attempts] == [agency.url("/list"), agency.url("/files/list_2024.csv?a=1&b=2")]
    assert fetched.pages[0].path.read_bytes() == page


def test_groups_of_the_link_fill_another_address(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/list", Answer(PAGE.format("2024").encode(), headers={"Content-Type": "text/html; charset=nonsense"}))
    agency.plan("/bulk/2024/csv", Answer(b"a,b\n1,2\n"))
    resource = make_resource(
        agency.url("/list"), pattern="link", link=r"list_(\d+)\.(csv)", link_url=agency.url("/bulk/{0}/{1}")
    )
    fetched = open_fetcher().fetch(source, resource)
    assert names(fetched.payloads) == ["notice.csv"]


def test_a_landing_page_without_the_link_leaves_nothing(
    agency: Agency, open_fetcher: Make, source: Source, work: Path
) -> None:
    agency.plan("/list", Answer(b"<html>moved</html>"))
    resource = make_resource(agency.url("/list"), pattern="link", link=r"list_(\d+)")
    with pytest.raises(WrongContent, match="does not hold the expected link"):
        open_fetcher().fetch(source, resource)
    assert files_in(work) == []


def test_a_landing_page_that_is_no_page(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/list", Answer(b'{"list": 1}'))
    with pytest.raises(WrongContent, match="not an HTML page"):
        open_fetcher().fetch(source, make_resource(agency.url("/list"), pattern="link", link="(x)"))


def test_a_link_to_what_is_no_web_address(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/list", Answer(b'<html><a href="http://[::1/a.csv">list</a></html>'))
    resource = make_resource(agency.url("/list"), pattern="link", link='href="([^"]+)"')
    with pytest.raises(WrongContent, match="no web address"):
        open_fetcher().fetch(source, resource)


@pytest.mark.parametrize(("link", "link_url"), [("(", ""), ("list_(.)", "http://x/{1}"), ("list_(.)", "http://x/{a}")])
def test_a_link_that_cannot_work(agency: Agency, open_fetcher: Make, source: Source, link: str, link_url: str) -> None:
    agency.plan("/list", Answer(PAGE.encode()))
    resource = make_resource(agency.url("/list"), pattern="link", link=link, link_url=link_url)
    with pytest.raises(CatalogError, match="do not go together"):
        open_fetcher().fetch(source, resource)


def test_every_day_of_the_range_is_asked(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/2024/QTR1/master.20240331.idx", Answer(b"x|1"))
    agency.plan("/2024/QTR2/master.20240401.idx", Answer(b"", 403, {"Content-Type": "application/xml"}))
    agency.plan("/2024/QTR2/master.20240403.idx", Answer(b"x|3"))
    fetched = open_fetcher().fetch(
        source, make_resource(agency.url(DAY), pattern="dated"), since=date(2024, 3, 31), until=date(2024, 4, 3)
    )
    assert names(fetched.payloads) == ["master.20240331.idx", "master.20240403.idx"]
    assert [row.outcome for row in fetched.attempts] == ["ok", "blocked", "failed", "ok"]


def test_without_dates_the_last_five_days_are_asked(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/2024/QTR2/master.20240502.idx", Answer(b"x|1"))
    fetched = open_fetcher(now=now).fetch(source, make_resource(agency.url(DAY), pattern="dated"))
    assert [row.url[-12:-4] for row in fetched.attempts] == [f"2024{day}" for day in (
        "0429", "0430", "0501", "0502", "0503")]  # fmt: skip
    assert fetched.attempts[0].attempted_at == now()


def test_no_day_at_all_is_an_error(agency: Agency, open_fetcher: Make, source: Source) -> None:
    fetcher = open_fetcher(now=now)
    with pytest.raises(Unreachable, match="HTTP 404"):
        fetcher.fetch(source, make_resource(agency.url(DAY), pattern="dated"))
    assert len(fetcher.attempts) == 5


def test_a_day_that_fails_otherwise_stops_the_range(
    agency: Agency, open_fetcher: Make, source: Source, work: Path
) -> None:
    agency.plan("/2024/QTR2/master.20240429.idx", Answer(b"x|1"))
    agency.plan("/2024/QTR2/master.20240430.idx", Answer(b""))
    with pytest.raises(EmptyPayload):
        open_fetcher(now=now).fetch(source, make_resource(agency.url(DAY), pattern="dated"))
    assert files_in(work) == []


def test_dates_the_wrong_way_round(agency: Agency, open_fetcher: Make, source: Source) -> None:
    with pytest.raises(UsageError, match="lies behind"):
        open_fetcher().fetch(
            source, make_resource(agency.url(DAY), pattern="dated"), since=date(2024, 2, 2), until=date(2024, 2, 1)
        )


def test_quarters_can_be_written_either_way() -> None:
    day = date(2022, 10, 3)
    for url in ("https://x.example/{YYYY}/QTR{QTR}/f", "https://x.example/{YYYY}/{QTR}/f"):
        assert dated_url(make_resource(url), day) == "https://x.example/2022/QTR4/f"
    assert dated_url(make_resource("https://x.example/{DD}.{MM}"), day) == "https://x.example/03.10"


def test_each_key_is_asked_once(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/c/a%2F1.json", Answer(b"{}"))
    agency.plan("/c/b.json", Answer(b"[]"))
    resource = make_resource(agency.url("/c/{key}.json"), pattern="keyed", format="json", optional=True)
    fetched = open_fetcher().fetch(source, resource, keys=["a/1", "b", "missing", "b"])
    assert names(fetched.payloads) == ["a_1.json", "b.json"]
    assert [row.outcome for row in fetched.attempts] == ["ok", "ok", "failed"]


def test_a_missing_key_is_an_error_unless_optional(
    agency: Agency, open_fetcher: Make, source: Source, work: Path
) -> None:
    agency.plan("/c/b.json", Answer(b"[]"))
    resource = make_resource(agency.url("/c/{key}.json"), pattern="keyed", format="json")
    with pytest.raises(Unreachable):
        open_fetcher().fetch(source, resource, keys=["b", "missing"])
    assert files_in(work) == []


def test_another_failure_of_a_key_is_an_error_always(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/c/b.json", Answer(b"", 403))
    resource = make_resource(agency.url("/c/{key}.json"), pattern="keyed", format="json", optional=True)
    with pytest.raises(Blocked):
        open_fetcher().fetch(source, resource, keys=["b"])


@pytest.mark.parametrize("pattern", ["handed-in", "file"])
def test_a_handed_in_file_is_copied_and_used(
    open_fetcher: Make, source: Source, tmp_path: Path, work: Path, pattern: str
) -> None:
    mine = tmp_path / "private folder" / "Notices.CSV"
    mine.parent.mkdir()
    mine.write_bytes(b"a,b\n1,2\n")
    resource = make_resource("http://192.0.2.1/never-asked", pattern=pattern)
    fetched = open_fetcher().fetch(source, resource, handed_in=[tmp_path / "other.pdf", mine])
    payload, row = fetched.payloads[0], fetched.attempts[0]
    assert (payload.name, payload.path.parent) == ("notice.csv", work)
    assert payload.path.read_bytes() == mine.read_bytes()
    assert (row.url, row.via, row.retrieved_at, row.status) == ("file:notice.csv", "file", None, None)
    again = open_fetcher(known={row.url: Known(None, None, row.sha256 or "")})
    assert again.fetch(source, resource, handed_in=[mine]).attempts[0].outcome == "unchanged"


def test_nothing_handed_in(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    resource = make_resource(pattern="handed-in", accepts=(".json",))
    with pytest.raises(NotHandedIn, match=r"--file PATH \(\.json\)") as caught:
        open_fetcher().fetch(source, resource, handed_in=[tmp_path / "notices.csv"])
    assert caught.value.source == source.id


def test_handed_in_files_are_checked(open_fetcher: Make, source: Source, tmp_path: Path, work: Path) -> None:
    fetcher = open_fetcher()
    resource = make_resource(pattern="handed-in")
    (tmp_path / "good.csv").write_text("a\n1\n")
    (tmp_path / "page.csv").write_text("<!doctype html><title>Sign in</title>")
    with pytest.raises(NotHandedIn, match="does not exist"):
        fetcher.fetch(source, resource, handed_in=[tmp_path / "gone.csv"])
    with pytest.raises(Blocked):
        fetcher.fetch(source, resource, handed_in=[tmp_path / "good.csv", tmp_path / "page.csv"])
    assert [row.outcome for row in fetcher.attempts] == ["failed", "ok", "blocked"]
    assert files_in(work) == []


def test_for_each_day_the_first_layout_that_answers(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/master.20240501", Answer(b"m1"))
    agency.plan("/form.20240501", Answer(b"never asked"))
    agency.plan("/form.20240502", Answer(b"f2"))
    layouts = [
        make_resource(agency.url(f"/{name}.{{YYYYMMDD}}"), name=name, pattern="dated", one_of="index")
        for name in ("master", "form", "company")
    ]
    answers = open_fetcher().fetch_group(source, layouts, since=date(2024, 5, 1), until=date(2024, 5, 2))
    found = {resource.name: [payload.path.read_bytes() for payload in one.payloads] for resource, one in answers}
    assert found == {"master": [b"m1"], "form": [b"f2"]}
    assert agency.asked("/form.20240501") == []


def test_no_layout_for_any_day(agency: Agency, open_fetcher: Make, source: Source) -> None:
    layouts = [make_resource(agency.url("/x.{YYYYMMDD}"), pattern="dated", one_of="index")]
    with pytest.raises(Unreachable):
        open_fetcher().fetch_group(source, layouts, since=date(2024, 5, 1), until=date(2024, 5, 1))


def test_the_first_alternative_that_answers_is_enough(
    agency: Agency, open_fetcher: Make, source: Source, tmp_path: Path
) -> None:
    agency.plan("/b.csv", Answer(b"a\n1\n"))
    handed = make_resource(pattern="handed-in", name="handed", format="json", one_of="list")
    gone = make_resource(agency.url("/gone.csv"), name="gone", one_of="list")
    good = make_resource(agency.url("/b.csv"), name="good", one_of="list")
    fetcher = open_fetcher()
    answers = fetcher.fetch_group(source, [handed, gone, good])
    assert [resource.name for resource, _ in answers] == ["good"]
    assert [row.outcome for row in fetcher.attempts] == ["failed", "ok"]
    (tmp_path / "list.json").write_text("{}")
    answers = fetcher.fetch_group(source, [gone, handed, good], handed_in=[tmp_path / "list.json"])
    assert [resource.name for resource, _ in answers] == ["handed"]


def test_no_alternative_answers(agency: Agency, open_fetcher: Make, source: Source) -> None:
    handed = make_resource(pattern="handed-in", name="handed")
    gone = make_resource(agency.url("/gone.csv"), name="gone")
    with pytest.raises(Unreachable, match="HTTP 404"):
        open_fetcher().fetch_group(source, [handed, gone])
    with pytest.raises(NotHandedIn):
        open_fetcher().fetch_group(source, [handed])
    with pytest.raises(UsageError):
        open_fetcher().fetch_group(source, [])


@pytest.mark.parametrize("contact", ["", " ", "a\nb", "müller@example.org", "a) b"])
def test_a_contact_that_cannot_be_sent(work: Path, contact: str) -> None:
    with pytest.raises(UsageError, match="contact"):
        Fetcher(work, contact=contact)


def test_file_names_are_safe_to_show() -> None:
    resource = make_resource(name="notice", format="xlsx")
    assert file_name("https://x.example/a%20b.txt?q=1", resource) == "a b.txt"
    assert file_name("https://x.example/exports/csv?delimiter=%3B", resource) == "notice.xlsx"
    assert file_name("https://x.example", resource) == "notice.xlsx"
    assert file_name("https://x.example/..%2F%00x.csv", resource) == "__x.csv"


def test_a_refusal_in_the_middle_of_a_range_is_no_day_without_a_file(
    open_fetcher: Make, source: Source, agency: Agency
) -> None:
    """An agency that throttles answers 403 in HTML: days must not vanish because of it."""
    agency.plan("/2024/QTR2/master.20240401.idx", Answer(b"x|1"))
    agency.plan("/2024/QTR2/master.20240402.idx", Answer(b"<html>slow down", 403, {"Content-Type": "text/html"}))
    resource = make_resource(agency.url(DAY), pattern="dated")
    with pytest.raises(Blocked):
        open_fetcher().fetch(source, resource, since=date(2024, 4, 1), until=date(2024, 4, 2))
