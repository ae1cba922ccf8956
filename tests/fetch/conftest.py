"""An agency's web server that misbehaves on demand, and fetchers that talk to it without waiting."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.catalog import Resource, Source
from ingest.fetch import Fetcher, Patience

Make = Callable[..., Fetcher]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agency's server does with one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """A Content-Length that is not that of the body; below 0 none is sent."""
    cut: int | None = None
    """The connection is closed after so many bytes."""
    drip: float = 0.0
    """Seconds between single bytes."""
    ranges: bool = False
    """Range is honoured when If-Range agrees."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the agency's server was asked."""

    path: str
    headers: Mapping[str, str]


class Agency:
    """The server: answers are planned per path, used in order, the last one again and again."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.plans: dict[str, list[Answer]] = {}
        self.requests: list[Request] = []
        agency = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                agency.requests.append(Request(self.path, headers))
                plan = agency.plans.get(self.path, [Answer(b"not here", 404)])
                _give(self, plan.pop(0) if len(plan) > 1 else plan[0], headers)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that hangs up is part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def plan(self, path: str, *answers: Answer) -> str:
        """Set the answers for a path; returns its address."""
        self.plans[path] = list(answers)
        return self.url(path)

    def asked(self, path: str) -> list[Mapping[str, str]]:
        """The headers of every request for a path."""
        return [request.headers for request in self.requests if request.path == path]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _give(handler: BaseHTTPRequestHandler, answer: Answer, asked: Mapping[str, str]) -> None:
    body, status, extra = answer.body, answer.status, {}
    if answer.ranges and "range" in asked and asked.get("if-range") in answer.headers.values():
        start = int(asked["range"].removeprefix("bytes=").removesuffix("-"))
        extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        body, status = body[start:], 206
    handler.send_response(status)
    length = len(body) if answer.length is None else answer.length
    if length >= 0 and status != 304:
        handler.send_header("Content-Length", str(length))
    for name, value in {**answer.headers, **extra}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.close_connection = length != len(body) or answer.cut is not None
    if answer.drip:
        for at in range(len(body)):
            handler.wfile.write(body[at : at + 1])
            time.sleep(answer.drip)
    else:
        handler.wfile.write(body[: answer.cut])


class Naps:
    """A sleep that only notes for how long, and a clock that moves by it."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)

    def clock(self) -> float:
        return sum(self.naps)


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def agency() -> Iterator[Agency]:
    agency = Agency()
    yield agency
    agency.close()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def open_fetcher(agency: Agency, naps: Naps, work: Path) -> Iterator[Make]:
    """Makes fetchers that may talk to the agency's server, and closes them."""
    opened: list[Fetcher] = []

    def make(**options: Any) -> Fetcher:
        defaults: dict[str, Any] = {
            "contact": "mailto:data@example.org",
            "private_hosts": frozenset({agency.place}),
            "sleep": naps.sleep,
            "clock": naps.clock,
            "patience": Patience(silence=5.0),
        }
        opened.append(Fetcher(work, **{**defaults, **options}))
        return opened[-1]

    yield make
    for fetcher in opened:
        fetcher.close()


@pytest.fixture
def source() -> Source:
    return make_source()


def make_source(**changes: Any) -> Source:
    """An invented agency's data set."""
    values: dict[str, Any] = {
        "id": "xx_fair_work_penalties", "title": "Fair Work penalty notices", "publisher": "Fair Work Office of Xland",
        "jurisdiction": "xx", "subject_area": "wages-labour", "homepage": "https://fairwork.example", "licence": "CC0",
        "legal_basis": "Fair Work Act", "means": "A penalty.", "means_not": "No conviction.",
        "correction_channel": "https://fairwork.example/error", "cadence": "weekly", "retention": "mirror-source",
        "snapshot": "full", "company_only": False, "resource": (),
    }  # fmt: skip
    return Source(**{**values, **changes})


def make_resource(url: str = "", **changes: Any) -> Resource:
    """A CSV file at one address unless told otherwise."""
    values: dict[str, Any] = {"name": "notice", "pattern": "file", "format": "csv", "url": url}
    return Resource(**{**values, **changes})


def files_in(folder: Path) -> list[Path]:
    """What is left in a work folder."""
    return sorted(folder.iterdir()) if folder.exists() else []
