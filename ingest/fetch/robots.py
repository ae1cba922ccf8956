"""robots.txt as RFC 9309 has it, for the product token `trackrecord`; Crawl-delay is respected besides."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from ingest.errors import Blocked, Unreachable

PRODUCT = "trackrecord"
LARGEST = 512 * 1024
LONGEST_DELAY = 120.0
"""Seconds; a larger Crawl-delay is taken for a slip of the pen."""

Read = Callable[[str], str | None]
"""robots.txt at an address: its text, "" where there is none, None where the host does not answer properly."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host asks of us: (allowed, path pattern) pairs and seconds between requests."""

    lines: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0

    def allow(self, path: str) -> bool:
        """The longest matching pattern decides; of equal ones, the one that allows; without any, allowed."""
        path = _normal(path)
        found = [(len(pattern), allowed) for allowed, pattern in self.lines if matches(pattern, path)]
        return max(found, default=(0, True))[1]


def parse(text: str) -> Rules:
    """The rules of all groups that name us, else of all groups for `*`."""
    groups: dict[bool, list[tuple[bool, str]]] = {True: [], False: []}
    delays = {True: 0.0, False: 0.0}
    named: set[bool] = set()
    seen: set[bool] = set()
    in_names = False
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if not in_names:
                named = set()
            in_names = True
            agent = re.split(r"[/\s]", value.lower(), maxsplit=1)[0]
            if agent in {PRODUCT, "*"}:
                named.add(agent == PRODUCT)
                seen.add(agent == PRODUCT)
            continue
        in_names = in_names and key not in {"allow", "disallow", "crawl-delay"}
        for ours in named:
            if key in {"allow", "disallow"} and value:
                groups[ours].append((key == "allow", _normal(value)))
            elif key == "crawl-delay" and re.fullmatch(r"\d{1,9}(\.\d{0,9})?", value):
                delays[ours] = min(LONGEST_DELAY, float(value))
    ours = True in seen
    return Rules(tuple(groups[ours]), delays[ours])


def matches(pattern: str, path: str) -> bool:
    """Whether a path begins with the pattern; `*` stands for anything, `$` at its end for the end."""
    anchored = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if anchored and not pieces:
        return at == len(path)
    last = pieces.pop() if anchored else ""
    for piece in pieces:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(path) - at >= len(last) and path.endswith(last)


class Robots:
    """The rules of every host asked so far; each robots.txt is read once."""

    def __init__(self) -> None:
        self._rules: dict[str, Rules | None] = {}
        self._lock = threading.Lock()

    def delay(self, url: str, reason: str, read: Read) -> float:
        """Seconds that the host wants between requests.

        Raises Blocked when robots.txt disallows the address and no `reason` is declared, Unreachable when the host
        cannot give its robots.txt: RFC 9309, 2.3.1.4 takes that as a no.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._rules:
                text = read(f"{origin}/robots.txt")
                self._rules[origin] = None if text is None else parse(text)
            rules = self._rules[origin]
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        if rules is None:
            if reason:
                return 0.0
            raise Unreachable("robots.txt of the host cannot be read", where=url, next_step="Try again later.")
        if not reason and not rules.allow(path):
            raise Blocked(
                "robots.txt disallows this address",
                where=url,
                next_step="If the agency documents it for bulk use, say so in `robots_reason` in source.toml.",
            )
        return rules.delay


def _normal(path: str) -> str:
    """Percent-encoding written one way, so that `/a%7Eb`, `/a~b` and `/ü` compare as their bytes do."""
    return quote(unquote(path, errors="surrogateescape"), safe="/*$?&=:@!,;+()'~%", errors="surrogateescape")
