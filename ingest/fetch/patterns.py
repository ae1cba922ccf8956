"""Access patterns: which addresses a resource stands for."""

import html
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urljoin

from ingest.catalog import Resource, Source
from ingest.errors import CatalogError, UsageError, WrongContent
from ingest.fetch.addresses import plain_url

DEFAULT_DAYS = 5


def days(since: date | None, until: date | None, today: date) -> list[date]:
    """Every day from `since` to `until`, both included; without them the last five days. Raises UsageError."""
    last = until or today
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise UsageError(f"--from {first} lies behind --to {last}", next_step="Exchange the two dates.")
    return [first + timedelta(days=at) for at in range((last - first).days + 1)]


def dated_url(resource: Resource, day: date) -> str:
    """The address for one day: {YYYY}, {MM}, {DD}, {YYYYMMDD}, and {QTR} as `QTR4`."""
    # written `{QTR}` or `QTR{QTR}`: EDGAR's folders are named QTR1 to QTR4 either way
    url = resource.url.replace("QTR{QTR}", "{QTR}")
    parts = {
        "{YYYYMMDD}": f"{day:%Y%m%d}",
        "{YYYY}": f"{day:%Y}",
        "{MM}": f"{day:%m}",
        "{DD}": f"{day:%d}",
        "{QTR}": f"QTR{(day.month + 2) // 3}",
    }
    for word, value in parts.items():
        url = url.replace(word, value)
    return url


def keyed_url(resource: Resource, key: str) -> str:
    """The address for one key."""
    return resource.url.replace("{key}", quote(key, safe=""))


def linked_url(source: Source, resource: Resource, page_url: str, page: str) -> str:
    """The address that the landing page names first. Raises WrongContent when it names none."""
    try:
        found = re.search(resource.link, page)
        groups = [html.unescape(group or "") for group in (found.groups() if found else ())]
        target = resource.link_url.format(*groups) if resource.link_url else (groups or [""])[0]
    except (re.error, IndexError, KeyError, ValueError):
        raise CatalogError(
            f"`link` and `link_url` of resource `{resource.name}` do not go together",
            source=source.id,
            next_step="`link` is a regular expression; its groups fill {0}, {1} … of `link_url`.",
        ) from None
    if found is None or not target.strip():
        raise WrongContent(
            "the landing page does not hold the expected link",
            source=source.id,
            where=page_url,
            next_step="The agency has changed its page: look at it and change `link` in source.toml.",
        )
    try:
        return plain_url(urljoin(page_url, target.strip()))
    except ValueError:
        raise WrongContent("the link on the landing page is no web address", source=source.id, where=page_url) from None


def file_name(url: str, resource: Resource) -> str:
    """A name for people: the last part of the address, or the resource's name and ending."""
    path = re.sub(r"^[^/?#]*//[^/?#]*|[?#].*$", "", url)
    clean = re.sub(r"[^\w.,()+ -]", "_", unquote(path.rpartition("/")[2])).strip(" .")[:120]
    return clean if "." in clean else f"{resource.name}{resource.endings[0]}"


def handed_in_files(resource: Resource, paths: Sequence[Path]) -> list[Path]:
    """Those of the handed-in files whose ending this resource accepts."""
    endings = tuple(ending.lower() for ending in resource.endings)
    return [path for path in paths if path.name.lower().endswith(endings)]
