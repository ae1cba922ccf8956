"""Which addresses may be asked: public ones, on the agency's own site, never from https down to http.

A host name is resolved once, every address it has must be public, and the connection is then made to exactly the
address that was checked (network.py), so a name that changes its address in between gains nothing. Behind a proxy
the proxy resolves names: there only addresses written as numbers can be checked.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import httpx

from ingest.errors import Blocked, WrongContent

COMMERCIAL = frozenset({"ac", "co", "com", "edu", "info", "ltd", "ne", "net", "nom", "or", "org", "plc", "sch"})
"""Second level under a country where anybody registers; below `gov.br`, `gob.mx`, `go.jp` only governments do."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")


def plain_url(url: str) -> str:
    """The address without user name, password and fragment."""
    return re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1", url.strip()).partition("#")[0]


def site(host: str) -> str:
    """The part of a host name that one owner holds: `sec.gov`, `example.co.uk`; an IP address is its own site."""
    host = host.lower().rstrip(".")
    if _number(host) is not None:
        return host
    labels = host.split(".")
    deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in COMMERCIAL
    return ".".join(labels[-3 if deep else -2 :])


def next_address(url: str, location: str, elsewhere: Sequence[str] = ()) -> str:
    """Where a redirect leads. Raises Blocked when it leaves the agency's site and the hosts
    of `elsewhere`, or gives up encryption."""
    try:
        target = plain_url(urljoin(url, location.strip()))
    except ValueError:
        raise WrongContent("a redirect to what is no web address", where=url) from None
    host = _host(target)
    before, after = urlsplit(url), urlsplit(target)
    if before.scheme == "https" and after.scheme == "http":
        raise Blocked("redirect from https down to http refused", where=target)
    if site(host) != site(_host(url)) and host not in elsewhere:
        raise Blocked(
            f"redirect to another site, {host}, refused",
            where=url,
            next_step="Look at the address in a browser; if the data has moved, change `url` or `redirect_hosts` "
            "in source.toml.",
        )
    return target


def host_and_port(url: str) -> str:
    """`host:port`, lower case, the scheme's own port filled in. Raises WrongContent for what is no web address."""
    host = _host(url)
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise WrongContent("not an http or https address", where=plain_url(url)) from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def checked_addresses(url: str, private_hosts: frozenset[str], *, proxied: bool = False) -> list[str]:
    """The IP addresses of the URL's host, all public; the host itself when a proxy resolves it.

    `private_hosts` (`host:port`) may be private. Raises Blocked for any other private, loopback, link-local or
    reserved address, httpx.ConnectError when the name does not resolve.
    """
    place = host_and_port(url)
    host = _host(url)
    if proxied and _number(host) is None:
        return [host]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx.ConnectError(f"the host name {host} does not resolve") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if place not in private_hosts and not all(is_public(address) for address in addresses):
        raise Blocked(f"{host} is a private or reserved address; refused", where=plain_url(url))
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also where it carries an IPv4 address inside."""
    number = _number(address)
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour
        if number in NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        number = inner or number
    return number is not None and number.is_global and not number.is_multicast


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise WrongContent("an address without a host", where=plain_url(url))
    return host
