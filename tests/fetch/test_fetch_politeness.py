"""robots.txt, pacing, proxies and addresses as an agency's server sees them."""

import gzip
import socket
from typing import Any

import pytest

from ingest.catalog import Source
from ingest.errors import Blocked, Unreachable, WrongContent
from ingest.fetch import Patience
from tests.fetch.conftest import Agency, Answer, Make, Naps, make_resource, make_source

CSV = b"a,b\n1,2\n"


def test_robots_is_read_once_and_leaves_no_row(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(CSV))
    fetcher = open_fetcher()
    fetcher.fetch(source, make_resource(url))
    fetcher.fetch(source, make_resource(url))
    assert [request.path for request in agency.requests] == ["/robots.txt", "/a.csv", "/a.csv"]
    assert len(fetcher.attempts) == 2


def test_a_disallowed_address_is_not_fetched_without_a_reason(
    agency: Agency, open_fetcher: Make, source: Source
) -> None:
    agency.plan("/robots.txt", Answer(b"User-agent: *\nDisallow: /bulk/?year="))
    url = agency.plan("/bulk/?year=2024", Answer(CSV))
    fetcher = open_fetcher()
    with pytest.raises(Blocked, match=r"robots\.txt disallows"):
        fetcher.fetch(source, make_resource(url))
    assert agency.asked("/bulk/?year=2024") == []
    assert [(row.outcome, row.status) for row in fetcher.attempts] == [("blocked", None)]
    resource = make_resource(url, robots_reason="bulk address documented at fairwork.example/bulk")
    assert len(fetcher.fetch(source, resource).payloads) == 1


def test_a_redirect_to_a_disallowed_address_is_not_followed(agency: Agency, open_fetcher: Make, source: Source) -> None:
    agency.plan(
        "/robots.txt", Answer(gzip.compress(b"User-agent: *\nDisallow: /b"), headers={"Content-Encoding": "gzip"})
    )
    agency.plan("/b.csv", Answer(CSV))
    url = agency.plan("/a.csv", Answer(b"", 302, {"Location": "/b.csv"}))
    with pytest.raises(Blocked, match=r"robots\.txt disallows"):
        open_fetcher().fetch(source, make_resource(url))
    assert agency.asked("/b.csv") == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"Disallow: /", 404),
        Answer(b"", 403),
        Answer(b"", 302, {"Location": "https://elsewhere.example/robots.txt"}),
        Answer(b"User-agent: *\nAllow: /\n" + b"# long\n" * 100_000 + b"Disallow: /a"),
        Answer(b"User-agent: *\nDisallow: /", headers={"Content-Encoding": "br"}),
    ],
    ids=["404", "403", "elsewhere", "long", "unreadable"],
)
def test_without_a_usable_robots_everything_is_allowed(
    agency: Agency, open_fetcher: Make, source: Source, answer: Answer
) -> None:
    agency.plan("/robots.txt", answer)
    url = agency.plan("/a.csv", Answer(CSV))
    assert len(open_fetcher().fetch(source, make_resource(url)).payloads) == 1


@pytest.mark.parametrize("answer", [Answer(b"", 500), Answer(b"", 429), Answer(b"User-agent", length=99)])
def test_a_host_that_cannot_give_its_robots_is_left_alone(
    agency: Agency, open_fetcher: Make, source: Source, answer: Answer
) -> None:
    agency.plan("/robots.txt", answer)
    url = agency.plan("/a.csv", Answer(CSV))
    fetcher = open_fetcher()
    with pytest.raises(Unreachable, match=r"robots\.txt of the host cannot be read"):
        fetcher.fetch(source, make_resource(url))
    assert agency.asked("/a.csv") == []
    assert len(agency.asked("/robots.txt")) == 2
    assert len(fetcher.fetch(source, make_resource(url, robots_reason="documented")).payloads) == 1


@pytest.mark.parametrize(("robots", "space"), [(b"", 0.25), (b"User-agent: *\nCrawl-delay: 3", 3.0)])
def test_requests_are_spaced_as_declared(
    agency: Agency, open_fetcher: Make, naps: Naps, robots: bytes, space: float
) -> None:
    agency.plan("/robots.txt", Answer(robots))
    agency.plan("/1.csv", Answer(CSV))
    agency.plan("/2.csv", Answer(CSV))
    resource = make_resource(agency.url("/{key}.csv"), pattern="keyed")
    open_fetcher().fetch(make_source(requests_per_second=4.0), resource, keys=["1", "2"])
    assert naps.naps == [pytest.approx(space), pytest.approx(space)]


def test_a_server_asked_through_a_proxy(
    agency: Agency, open_fetcher: Make, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", agency.url("/"))
    agency.plan("http://fairwork.example/a.csv", Answer(CSV))
    fetched = open_fetcher().fetch(source, make_resource("http://fairwork.example/a.csv"))
    assert len(fetched.payloads) == 1
    assert agency.requests[-1].headers["host"] == "fairwork.example"


def test_the_connection_goes_to_the_address_that_was_checked(
    agency: Agency, open_fetcher: Make, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **named: Any) -> object:
        asked.append(host)
        return real("127.0.0.1" if host == "fairwork.example" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = agency.place.partition(":")[2]
    agency.plan("/a.csv", Answer(CSV))
    hosts = frozenset({f"fairwork.example:{port}"})
    url = f"http://fairwork.example:{port}/a.csv"
    fetched = open_fetcher(private_hosts=hosts).fetch(source, make_resource(url))
    assert fetched.attempts[0].final_url == url
    assert agency.requests[-1].headers["host"] == f"fairwork.example:{port}"
    assert set(asked) == {"fairwork.example", "127.0.0.1"}


def test_a_name_that_does_not_resolve(open_fetcher: Make, source: Source) -> None:
    fetcher = open_fetcher(patience=Patience(attempts=2))
    resource = make_resource("https://fairwork.invalid/a.csv", robots_reason="documented")
    with pytest.raises(Unreachable, match=r"host name fairwork\.invalid does not resolve"):
        fetcher.fetch(source, resource)
    assert len(fetcher.attempts) == 2


@pytest.mark.parametrize("url", ["http://[::1/a.csv", "ftp://fairwork.example/a.csv", "http://127.0.0.1/a\x07.csv"])
def test_what_is_no_web_address_is_said_so(open_fetcher: Make, source: Source, url: str) -> None:
    fetcher = open_fetcher(private_hosts=frozenset({"127.0.0.1:80"}))
    with pytest.raises(WrongContent, match=r"address"):
        fetcher.fetch(source, make_resource(url, robots_reason="documented"))
    assert [row.outcome for row in fetcher.attempts] == ["failed"]
