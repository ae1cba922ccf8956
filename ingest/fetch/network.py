"""The only place that opens connections: TLS verified, HTTP/1.1, checked addresses, redirects followed by hand.

Each connection goes to the IP address that was checked (addresses.py), with the host name in the Host header and in
TLS. Clients are kept per host, so that no connection verified for one host ever carries a request for another.
Where the environment names a proxy, requests go through it and the proxy resolves the name.
"""

import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx

from ingest.errors import Unreachable, UsageError
from ingest.fetch.addresses import checked_addresses, host_and_port, next_address
from ingest.fetch.pacing import Pacer, Patience

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5

Permit = Callable[[str], float]
"""Asked before each request: seconds between requests to its host. Raises Blocked where robots.txt says no."""
Note = Callable[[str, httpx.Response], None]
"""Told of each answer, redirects included."""


def no_note(url: str, response: httpx.Response) -> None:
    """The Note that keeps nothing."""


def user_agent(contact: str) -> str:
    """`trackrecord/<version> (+contact)`. Raises UsageError when the contact cannot stand in a header."""
    contact = contact.strip()
    if not contact or not contact.isascii() or not contact.isprintable() or set(contact) & set("()\\"):
        raise UsageError(
            "the contact for agencies must be an e-mail address or web address",
            next_step="Agencies need a way to reach whoever fetches their files.",
        )
    return f"trackrecord/{version('trackrecord')} (+{contact})"


class Network:
    """Requests to checked addresses, paced per host."""

    def __init__(self, contact: str, *, pacer: Pacer, patience: Patience, private_hosts: frozenset[str]) -> None:
        self._agent = user_agent(contact)
        self._pacer = pacer
        self._private_hosts = private_hosts
        self._timeout = httpx.Timeout(patience.silence, connect=patience.connect)
        self._tls: ssl.SSLContext | None = None
        self._clients: dict[tuple[str, bool], httpx.Client] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    @contextmanager
    def open(
        self,
        url: str,
        headers: Mapping[str, str],
        permit: Permit,
        *,
        note: Note = no_note,
        turn: int = 0,
        elsewhere: Sequence[str] = (),
    ) -> Iterator[httpx.Response]:
        """The first answer that is no redirect, its body unread.

        `elsewhere`: hosts of other sites that may be redirected to. `turn` counts attempts: each goes to the next of
        the host's addresses. Raises httpx.TransportError, Blocked for a refused address or redirect, Unreachable for
        redirects without end.
        """
        seen = {url}
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send(url, headers, permit, turn)
            try:
                note(url, response)
                location = response.headers.get("location", "")
                if response.status_code not in REDIRECTS or not location:
                    yield response
                    return
            finally:
                response.close()
            url = next_address(url, location, elsewhere)
            if url in seen:
                raise Unreachable("a redirect that leads back to itself", where=url)
            seen.add(url)
        raise Unreachable(f"more than {MOST_REDIRECTS} redirects", where=url)

    @contextmanager
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Iterator[httpx.Response]:
        """The answer to one POST, its body unread; redirects are not followed. Raises as `open` does."""
        response = self._send(url, headers, lambda _: 0.0, 0, body)
        try:
            yield response
        finally:
            response.close()

    def _send(
        self, url: str, headers: Mapping[str, str], permit: Permit, turn: int, body: bytes | None = None
    ) -> httpx.Response:
        place = host_and_port(url)
        proxied = _has_proxy(url)
        addresses = checked_addresses(url, self._private_hosts, proxied=proxied)
        self._pacer.wait(place, permit(url))
        client = self._client(place, proxied=proxied)
        target = httpx.URL(url)
        told = {"User-Agent": self._agent, "Accept": "*/*", **headers}
        request = client.build_request("GET" if body is None else "POST", target, headers=told, content=body)
        if not proxied:
            request.url = target.copy_with(host=addresses[turn % len(addresses)])
            request.extensions["sni_hostname"] = target.raw_host.decode("ascii")
        return client.send(request, stream=True)

    def _client(self, place: str, *, proxied: bool) -> httpx.Client:
        with self._lock:
            if self._tls is None:
                self._tls = httpx.create_ssl_context()
            if (place, proxied) not in self._clients:
                self._clients[place, proxied] = httpx.Client(
                    verify=self._tls, http2=False, follow_redirects=False, trust_env=proxied, timeout=self._timeout
                )
            return self._clients[place, proxied]


def _has_proxy(url: str) -> bool:
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    named = parts.scheme in proxies or "all" in proxies
    return named and not urllib.request.proxy_bypass(parts.hostname or "")
