"""Rules without a server: addresses, robots.txt, pacing, dates, kinds of content, the chain of retrievals."""

import hashlib
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from ingest.errors import Blocked, FetchError, WrongContent
from ingest.fetch import Pacer, Patience, Retrieval, chain_hash
from ingest.fetch.addresses import checked_addresses, host_and_port, is_public, next_address, plain_url, site
from ingest.fetch.content import check_content
from ingest.fetch.pacing import retry_after
from ingest.fetch.robots import Rules, matches, parse
from tests.fetch.conftest import make_resource

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("www.sec.gov", "sec.gov"),
        ("SEC.GOV.", "sec.gov"),
        ("download.cgu.gov.br", "gov.br"),
        ("shop.evil.com.br", "evil.com.br"),
        ("com.br", "com.br"),
        ("192.0.2.7", "192.0.2.7"),
        ("localhost", "localhost"),
    ],
)
def test_who_owns_a_host(host: str, owner: str) -> None:
    assert site(host) == owner


def test_redirects_within_a_site_and_up_to_https() -> None:
    assert next_address("http://www.sec.gov/a", "https://data.sec.gov/b#top") == "https://data.sec.gov/b"
    assert next_address("https://x.example/a/b", "../c") == "https://x.example/c"
    with pytest.raises(Blocked, match="down to http"):
        next_address("https://x.example/a", "http://x.example/a")
    with pytest.raises(WrongContent, match="no web address"):
        next_address("https://x.example/a", "http://[::1/a")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("169.254.169.254", False),
        ("224.0.0.251", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_one_private_address_among_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", ("93.184.216.34", 0)), (0, 0, 0, "", ("10.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(Blocked):
        checked_addresses("https://rebind.example/a", frozenset())
    allowed = frozenset({"rebind.example:443"})
    assert checked_addresses("https://rebind.example/a", allowed) == ["93.184.216.34", "10.0.0.1"]
    assert checked_addresses("https://rebind.example/a", frozenset(), proxied=True) == ["rebind.example"]
    with pytest.raises(Blocked):
        checked_addresses("http://10.0.0.1/a", frozenset(), proxied=True)


def test_a_name_without_an_address() -> None:
    with pytest.raises(httpx.ConnectError, match="does not resolve"):
        checked_addresses(f"https://{'a' * 70}.invalid/a", frozenset())


@pytest.mark.parametrize("url", ["ftp://x.example/a", "http://x.example:99999/a", "http:///a", "http://[::1/a", "a"])
def test_what_is_no_web_address(url: str) -> None:
    with pytest.raises(WrongContent):
        host_and_port(url)


def test_places_and_plain_addresses() -> None:
    assert host_and_port("https://X.Example/a") == "x.example:443"
    assert host_and_port("http://[::1]:8080/a") == "[::1]:8080"
    assert plain_url("https://ann:secret@x.example:8/a?b=c#d") == "https://x.example:8/a?b=c"


ROBOTS = """\ufeff# about us
User-agent: otherbot
Disallow: /

User-agent: trackrecord/2.0
User-agent: friend
Disallow: /private/ # people
Allow: /private/open*.csv$
Crawl-delay: 2.5
Disallow:
nonsense

User-Agent: *
Disallow: /
Crawl-delay: 9

User-agent: TrackRecord
Disallow: /late
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private/list.csv", False),
        ("/private/open-2024.csv", True),
        ("/private/open-2024.csv?x", False),
        ("/%70rivate/list.csv", False),
        ("/late/a", False),
    ],
)
def test_the_group_that_names_us_decides(path: str, allowed: bool) -> None:
    assert parse(ROBOTS).allow(path) is allowed


def test_delays_and_groups() -> None:
    assert parse(ROBOTS).delay == 2.5
    assert parse("User-agent: *\nDisallow: /x\nCrawl-delay: 99999").delay == 120
    assert not parse("User-agent: *\nDisallow: /x").allow("/x/y")
    assert parse("User-agent: *\nDisallow: /x\nAllow: /x").allow("/x")
    assert parse("Disallow: /") == Rules()
    assert parse("<html>not a robots file: at all</html>").allow("/x")


@pytest.mark.parametrize(
    ("pattern", "path", "hit"),
    [
        ("/a", "/abc", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*c", "/abbbc/d", True),
        ("/a*c*e", "/abcd", False),
        ("/*.csv$", "/x/y.csv", True),
        ("/*.csv$", "/x/y.csv.gz", False),
        ("/ab*b$", "/ab", False),
        ("/*$", "/anything", True),
    ],
)
def test_patterns_of_robots_files(pattern: str, path: str, hit: bool) -> None:
    assert matches(pattern, path) is hit


def test_requests_to_a_host_are_spaced_across_threads() -> None:
    naps: list[float] = []
    pacer = Pacer(clock=lambda: 100.0, sleep=naps.append)
    threads = [threading.Thread(target=pacer.wait, args=("x.example", 0.5)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pacer.wait("other.example", 0.5)
    assert sorted(naps) == [0.5, 1.0, 1.5, 2.0]


def test_pauses_grow_but_not_without_end() -> None:
    patience = Patience(first_pause=1, longest_wait=60)
    assert 0.5 <= patience.pause(0) <= 1
    assert 4 <= patience.pause(3) <= 8
    assert 30 <= patience.pause(50) <= 60


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        (" 0 ", 0),
        ("Fri, 03 May 2024 12:01:00 GMT", 60),
        ("Fri, 03 May 2024 12:01:00 -0000", 60),
        ("Fri, 03 May 2024 11:00:00 GMT", 0),
        ("soon", 0),
        ("Fri, 03 May 2024 11:00:00 +99999999999999", 0),
        ("-5", 0),
        ("", 0),
    ],
)
def test_how_long_an_agency_asks_to_wait(value: str, seconds: float) -> None:
    assert retry_after(value, NOON) == seconds


LOGIN = b"<!-- v1 --><html><body><form>Please log in</form></body></html>"
HTML = b"\xef\xbb\xbf <?xml version='1.0'?>\n<!DOCTYPE HTML PUBLIC><p>Not found</p>"


@pytest.mark.parametrize(
    ("changes", "body", "content_type"),
    [
        ({}, b"a,b\n", "text/plain"),
        ({"content_types": ("text/*",)}, b"a,b\n", "Text/CSV; charset=utf-8"),
        ({"content_types": ("text/html",)}, b"a,b\n", "text/html"),
        ({"format": "html"}, LOGIN, "text/html"),
        ({"format": "html"}, b"\n<table><tr><td>1</td></tr></table>", ""),
        ({"format": "xml"}, b"<?xml version='1.0'?><list/>", "text/html"),
        ({"format": "extract", "accepts": (".html",)}, HTML, "text/html"),
        ({"format": "extract", "content_types": ("text/html",)}, HTML, "text/html"),
        ({"format": "xlsx"}, b"PK\x03\x04rest", ""),
        ({"format": "xlsx"}, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ""),
        ({"member": "*.csv"}, b"PK\x03\x04rest", ""),
        ({"format": "pdf"}, b"\n%PDF-1.7", "application/pdf"),
    ],
)
def test_contents_that_pass(tmp_path: Path, changes: dict[str, object], body: bytes, content_type: str) -> None:
    (tmp_path / "file").write_bytes(body)
    check_content(make_resource("", **changes), tmp_path / "file", content_type)


@pytest.mark.parametrize(
    ("changes", "body", "content_type", "kind"),
    [
        ({}, LOGIN, "", Blocked),
        ({}, HTML, "", WrongContent),
        ({}, b"a,b\n", "text/html", WrongContent),
        ({"content_types": ("text/csv",)}, b"a,b\n", "application/json", WrongContent),
        ({"format": "xml"}, LOGIN, "text/xml", Blocked),
        ({"format": "extract"}, HTML, "", WrongContent),
        ({"format": "html"}, b"<html><title>Access Denied</title>", "", Blocked),
        ({"format": "html"}, b"%PDF-1.7", "application/pdf", WrongContent),
        ({"format": "xlsx"}, b"a,b\n", "", WrongContent),
        ({"member": "*.csv"}, b"a,b\n", "", WrongContent),
        ({"member": "*.csv"}, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", WrongContent),
        ({"format": "pdf"}, b"a,b\n", "", WrongContent),
    ],
)
def test_contents_that_do_not(
    tmp_path: Path, changes: dict[str, object], body: bytes, content_type: str, kind: type[FetchError]
) -> None:
    (tmp_path / "file").write_bytes(body)
    with pytest.raises(kind):
        check_content(make_resource("", **changes), tmp_path / "file", content_type)


def test_a_person_may_hand_in_an_unpacked_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a,b\n")
    check_content(make_resource("", member="*.csv"), tmp_path / "file", ending=".csv")
    with pytest.raises(WrongContent):
        check_content(make_resource("", member="*.csv"), tmp_path / "file", ending=".zip")


ROW = Retrieval(
    "xx_fair_work_penalties", "notice", "https://x.example/a", None, NOON, None, 200,
    {"etag": '"1"', "content-type": "a"}, 3, hashlib.sha256(b"abc").hexdigest(), "ok", None, "network",
)  # fmt: skip


def test_the_chain_covers_every_field_and_the_past() -> None:
    first = chain_hash("", ROW)
    assert len(first) == 64
    assert first == chain_hash("", replace(ROW, headers={"content-type": "a", "etag": '"1"'}))
    assert first == chain_hash("", replace(ROW, attempted_at=NOON.astimezone(timezone(timedelta(hours=2)))))
    others = [
        chain_hash(first, ROW),
        chain_hash("", replace(ROW, retrieved_at=NOON)),
        chain_hash("", replace(ROW, bytes=4)),
        chain_hash("", replace(ROW, headers={})),
        chain_hash("", replace(ROW, error="x")),
        chain_hash("", replace(ROW, url="https://x.example/b")),
    ]
    assert len({first, *others}) == 7
