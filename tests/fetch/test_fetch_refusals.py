"""Answers that are refused: redirects elsewhere, private addresses, error pages, bombs."""

import gzip
from pathlib import Path

import pytest

from ingest.catalog import Source
from ingest.errors import Blocked, EmptyPayload, FetchError, PartialPayload, TooLarge, Unreachable, WrongContent
from ingest.fetch import Patience
from tests.fetch.conftest import Agency, Answer, Make, files_in, make_resource

CSV = b"NOTICE_NO,EMPLOYER\n" + b"".join(b"%d,Acme Widgets %d Ltd\n" % (at, at) for at in range(2000))
GZIP = {"Content-Encoding": "gzip"}


def test_a_redirect_on_the_same_host_is_followed(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/old.csv", Answer(b"", 302, {"Location": "/new.csv"}))
    agency.plan("/new.csv", Answer(CSV))
    fetched = open_fetcher().fetch(source, make_resource(agency.url("/old.csv")))
    assert fetched.attempts[0].url == agency.url("/old.csv")
    assert fetched.attempts[0].final_url == agency.url("/new.csv")
    assert fetched.payloads[0].path.read_bytes() == CSV


@pytest.mark.parametrize("targets", [["/a.csv"], ["/b.csv", "/a.csv"]])
def test_a_redirect_loop_fails_at_once(agency: Agency, open_fetcher: Make, source: Source, targets: list[str]) -> None:
    for here, there in zip(["/a.csv", "/b.csv"], targets, strict=False):
        agency.plan(here, Answer(b"", 301, {"Location": there}))
    fetcher = open_fetcher()
    with pytest.raises(Unreachable, match="leads back to itself"):
        fetcher.fetch(source, make_resource(agency.url("/a.csv")))
    assert [(row.outcome, row.status) for row in fetcher.attempts] == [("failed", 301)]


def test_redirects_without_end_fail(agency: Agency, open_fetcher: Make, source: Source) -> None:
    for at in range(10):
        agency.plan(f"/{at}", Answer(b"", 308, {"Location": f"/{at + 1}"}))
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        open_fetcher().fetch(source, make_resource(agency.url("/0")))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://localhost/a.csv", "another site, localhost"),
        ("https://cdn.example/a.csv", "another site, cdn.example"),
        ("http://169.254.169.254/latest", "another site"),
        ("http://127.0.0.1:1/a.csv", "private or reserved address"),
        ("ftp://127.0.0.1/a.csv", "not an http or https address"),
    ],
)
def test_redirects_elsewhere_are_refused(
    agency: Agency, open_fetcher: Make, source: Source, location: str, message: str
) -> None:
    url = agency.plan("/a.csv", Answer(b"", 302, {"Location": location}))
    fetcher = open_fetcher()
    with pytest.raises(FetchError, match=message):
        fetcher.fetch(source, make_resource(url))
    assert len(fetcher.attempts) == 1


def test_a_private_address_is_refused_before_anything_is_sent(
    agency: Agency, open_fetcher: Make, source: Source
) -> None:
    url = agency.plan("/a.csv", Answer(CSV))
    fetcher = open_fetcher(private_hosts=frozenset())
    with pytest.raises(Blocked, match="private or reserved"):
        fetcher.fetch(source, make_resource(url))
    assert agency.requests == []
    assert [(row.outcome, row.status) for row in fetcher.attempts] == [("blocked", None)]


def test_user_name_and_password_are_never_sent_or_kept(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan("/a.csv", Answer(CSV))
    fetched = open_fetcher().fetch(source, make_resource(f"http://ann:secret@{agency.place}/a.csv"))
    assert fetched.attempts[0].url == agency.url("/a.csv")
    assert "authorization" not in agency.asked("/a.csv")[0]


@pytest.mark.parametrize("kind", ["text/csv", "text/html"])
def test_access_denied_with_status_200_is_blocked(
    agency: Agency, open_fetcher: Make, source: Source, work: Path, kind: str
) -> None:
    page = b"\n<!DOCTYPE html><html><head><title>Access Denied</title></head><body>Ref 18.2f</body></html>"
    url = agency.plan("/a.csv", Answer(page, headers={"Content-Type": kind}))
    fetcher = open_fetcher()
    with pytest.raises(Blocked, match="HTML page that refuses access") as caught:
        fetcher.fetch(source, make_resource(url))
    assert "18.2f" not in str(caught.value)
    assert [row.outcome for row in fetcher.attempts] == ["blocked"]
    assert files_in(work) == []


@pytest.mark.parametrize("status", [401, 403, 407, 451])
def test_refusals_are_not_tried_again(agency: Agency, open_fetcher: Make, source: Source, status: int) -> None:
    url = agency.plan("/a.csv", Answer(b"no", status))
    fetcher = open_fetcher()
    with pytest.raises(Blocked, match=f"HTTP {status}"):
        fetcher.fetch(source, make_resource(url))
    assert [row.outcome for row in fetcher.attempts] == ["blocked"]


@pytest.mark.parametrize(("status", "kind"), [(404, Unreachable), (410, Unreachable), (204, EmptyPayload)])
def test_nothing_there(agency: Agency, open_fetcher: Make, source: Source, status: int, kind: type[FetchError]) -> None:
    url = agency.plan("/a.csv", Answer(b"", status))
    fetcher = open_fetcher()
    with pytest.raises(kind):
        fetcher.fetch(source, make_resource(url))
    assert [row.outcome for row in fetcher.attempts] == ["failed"]


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_an_empty_body(
    agency: Agency, open_fetcher: Make, source: Source, body: bytes, headers: dict[str, str]
) -> None:
    sent = gzip.compress(body) if headers and body else body
    url = agency.plan("/a.csv", Answer(sent, headers=headers))
    with pytest.raises(EmptyPayload):
        open_fetcher().fetch(source, make_resource(url))


def test_gzip_is_decoded(agency: Agency, open_fetcher: Make, source: Source) -> None:
    two_members = gzip.compress(CSV[:5000]) + gzip.compress(CSV[5000:]) + b"\0\0"
    url = agency.plan("/a.csv", Answer(two_members, headers={"Content-Encoding": "gzip"}))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert fetched.payloads[0].path.read_bytes() == CSV
    assert fetched.attempts[0].bytes == len(CSV)


def test_a_gzip_bomb_stops_at_the_size_limit(agency: Agency, open_fetcher: Make, source: Source, work: Path) -> None:
    bomb = gzip.compress(b"a,b\n" * 2_000_000)
    url = agency.plan("/a.csv", Answer(bomb, headers={"Content-Encoding": "gzip"}))
    fetcher = open_fetcher()
    with pytest.raises(TooLarge, match="more than 1,000,000 bytes"):
        fetcher.fetch(source, make_resource(url, max_bytes=1_000_000))
    assert fetcher.attempts[0].bytes <= 1_000_000
    assert files_in(work) == []


def test_a_gzip_bomb_below_the_limit_is_known_by_its_ratio(agency: Agency, open_fetcher: Make, source: Source) -> None:
    bomb = gzip.compress(b"a,b\n" * 5_000_000)
    url = agency.plan("/a.csv", Answer(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TooLarge, match="200 times"):
        open_fetcher().fetch(source, make_resource(url))


def test_an_announced_size_beyond_the_limit_is_not_fetched(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(CSV))
    fetcher = open_fetcher()
    with pytest.raises(TooLarge, match="announced"):
        fetcher.fetch(source, make_resource(url, max_bytes=100))
    assert fetcher.attempts[0].bytes == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(CSV, headers={"Content-Encoding": "br"}), WrongContent),
        (Answer(CSV, headers={"Content-Encoding": "gzip, gzip"}), WrongContent),
        (Answer(CSV, headers=GZIP), WrongContent),
        (Answer(gzip.compress(CSV)[:-20], headers=GZIP), PartialPayload),
        (Answer(gzip.compress(CSV) + b"junk", headers=GZIP), WrongContent),
    ],
)
def test_broken_encodings(
    agency: Agency, open_fetcher: Make, source: Source, answer: Answer, kind: type[FetchError]
) -> None:
    url = agency.plan("/a.csv", answer)
    with pytest.raises(kind):
        open_fetcher(patience=Patience(attempts=1)).fetch(source, make_resource(url))
