"""The fetcher: from a resource of the catalogue to payloads on disk, over the network, from a mirror, or handed in."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.catalog import Resource, Source
from ingest.errors import FetchError, NotHandedIn, UsageError
from ingest.fetch.addresses import plain_url
from ingest.fetch.content import not_handed_in, settle
from ingest.fetch.download import Downloads, utc_now
from ingest.fetch.mirror import Mirror
from ingest.fetch.network import Network
from ingest.fetch.pacing import Pacer, Patience
from ingest.fetch.patterns import dated_url, days, file_name, handed_in_files, keyed_url, linked_url
from ingest.fetch.retrieval import Attempt, Fetched, Got, Known, Progress, Retrieval, Wanted, fetched, silent
from ingest.fetch.stream import file_chunks, new_part, store

PAGE_BYTES = 20_000_000


class Fetcher:
    """Gets resources. Use it in a `with` block, which closes its connections.

    `attempts` holds every attempt so far, also those of a fetch that raised. Payloads are files in `work` and
    belong to the caller, who deletes them.
    """

    def __init__(
        self,
        work: Path,
        *,
        contact: str,
        mirror: Path | None = None,
        known: Mapping[str, Known] | None = None,
        conditional: bool = True,
        progress: Progress = silent,
        private_hosts: frozenset[str] = frozenset(),
        pacer: Pacer | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`known`: validators by address. Without `conditional` they are ignored, and everything is fetched anew.

        `pacer`: shared by fetchers that run at the same time. `private_hosts`: `host:port` that may be private.
        """
        patience = patience or Patience()
        self.attempts: list[Retrieval] = []
        self._work = work
        self._known = known or {}
        self._conditional = conditional
        self._progress = progress
        self._now = now
        self._mirror = Mirror(mirror, max_ratio=patience.max_ratio) if mirror else None
        self._network = Network(
            contact, pacer=pacer or Pacer(clock, sleep), patience=patience, private_hosts=private_hosts
        )
        self._downloads = Downloads(
            self._network, work, patience=patience, progress=progress, sleep=sleep, clock=clock, now=now
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._network.close()

    def fetch(
        self,
        source: Source,
        resource: Resource,
        *,
        since: date | None = None,
        until: date | None = None,
        keys: Sequence[str] = (),
        handed_in: Sequence[Path] = (),
        conditional: bool | None = None,
    ) -> Fetched:
        """Everything `resource` stands for. Raises FetchError; nothing of it is left in the work folder then.

        A handed-in file whose ending the resource accepts is used whatever the pattern. `conditional` overrides the
        fetcher's own: a source that lands as one set needs its unchanged files again when another one has changed.
        """
        conditional = self._conditional if conditional is None else conditional
        gots: list[Got] = []
        pages: list[Got] = []
        try:
            if mine := handed_in_files(resource, handed_in):
                for path in mine:
                    gots.append(self._hand_in(source, resource, path, conditional=conditional))
                    _good(gots[-1])
            elif resource.pattern == "handed-in":
                raise not_handed_in(source, resource)
            elif resource.pattern == "dated":
                span = days(since, until, self._now().date())
                return self._by_day(source, (resource,), span, conditional=conditional)[0][1]
            elif resource.pattern == "keyed":
                self._by_key(source, resource, keys, gots, conditional=conditional)
            elif resource.pattern == "link":
                url = self._follow_link(source, resource, pages)
                gots.append(_good(self._get(source, resource, url, conditional=conditional)))
            else:
                gots.append(_good(self._get(source, resource, resource.url, conditional=conditional)))
        except BaseException:
            _discard((*gots, *pages))
            raise
        return fetched(gots, pages)

    def fetch_group(
        self,
        source: Source,
        resources: Sequence[Resource],
        *,
        since: date | None = None,
        until: date | None = None,
        keys: Sequence[str] = (),
        handed_in: Sequence[Path] = (),
        conditional: bool | None = None,
    ) -> list[tuple[Resource, Fetched]]:
        """The first of several alternatives (`one_of`) that answers; of dated ones, the first for each day.

        Raises the error of the first alternative when none answers. What failed on the way is in `attempts`.
        """
        if not resources:
            raise UsageError("no resource to fetch")
        handed = [one for one in resources if handed_in_files(one, handed_in)]
        if not handed and all(one.pattern == "dated" for one in resources):
            asked = self._conditional if conditional is None else conditional
            return self._by_day(source, resources, days(since, until, self._now().date()), conditional=asked)
        errors: list[FetchError] = []
        for resource in handed or resources:
            try:
                answer = self.fetch(
                    source, resource, since=since, until=until, keys=keys, handed_in=handed_in, conditional=conditional
                )
            except FetchError as error:
                errors.append(error)
            else:
                return [(resource, answer)]
        raise next((error for error in errors if not isinstance(error, NotHandedIn)), errors[0])

    def _get(self, source: Source, resource: Resource, url: str, *, conditional: bool) -> Got:
        url = plain_url(url)
        known = self._known.get(url) if conditional else None
        wanted = Wanted(source, resource, url, file_name(url, resource), known)
        if self._mirror is not None:
            got = self._mirror.get(wanted, self._work, now=self._now, progress=self._progress)
        else:
            got = self._downloads.get(wanted)
        self.attempts.extend(got.attempts)
        return got

    def _by_day(
        self, source: Source, resources: Sequence[Resource], wanted_days: Sequence[date], *, conditional: bool
    ) -> list[tuple[Resource, Fetched]]:
        """For each day the first resource that answers.

        A day without a file (404, an object store's 403, not in the mirror) is a day on which the agency published
        nothing, provided that another day of the range has one; otherwise the address itself may be wrong, and the
        error is raised.
        """
        answers: dict[str, list[Got]] = {resource.name: [] for resource in resources}
        error: FetchError | None = None
        try:
            for day in wanted_days:
                for resource in resources:
                    got = self._get(source, resource, dated_url(resource, day), conditional=conditional)
                    if got.error is not None and not (got.missing or _is_absent_object(got)):
                        raise got.error
                    answers[resource.name].append(got)
                    error = error or got.error
                    if got.error is None:
                        break
            if error is not None and all(got.error for gots in answers.values() for got in gots):
                raise error
        except BaseException:
            _discard([got for gots in answers.values() for got in gots])
            raise
        used = [one for one in resources if any(got.error is None for got in answers[one.name])]
        return [(one, fetched(answers[one.name])) for one in used]

    def _by_key(
        self, source: Source, resource: Resource, keys: Sequence[str], gots: list[Got], *, conditional: bool
    ) -> None:
        """One address per key; a missing one is recorded and left out where the resource is optional."""
        for key in dict.fromkeys(keys):
            got = self._get(source, resource, keyed_url(resource, key), conditional=conditional)
            gots.append(got if got.missing and resource.optional else _good(got))

    def _follow_link(self, source: Source, resource: Resource, pages: list[Got]) -> str:
        """The address found on the landing page, which is always read anew."""
        form = replace(resource, format="html", member="", content_types=(), max_bytes=PAGE_BYTES)
        page = self._get(source, form, resource.url, conditional=False)
        pages.append(page)
        payload = page.need()
        row = payload.retrieval
        text = _text(payload.path.read_bytes(), row.headers.get("content-type", ""))
        return linked_url(source, resource, row.final_url or row.url, text)

    def _hand_in(self, source: Source, resource: Resource, path: Path, *, conditional: bool) -> Got:
        """A copy of a file that a person handed in: theirs stays untouched, its name is not recorded."""
        name = f"{resource.name}{path.suffix.lower()[:8]}"
        url = f"file:{name}"
        known = self._known.get(url) if conditional else None
        attempt = Attempt(Wanted(source, resource, url, name, known), "file", self._now())
        part = new_part(self._work)
        try:
            if not path.is_file():
                raise NotHandedIn("the file given with --file does not exist", where="--file")
            total = path.stat().st_size
            store(file_chunks(path), part, resource.max_bytes, lambda done: self._progress(name, done, total))
            got = settle(attempt, part)
        except FetchError as error:
            part.path.unlink(missing_ok=True)
            got = attempt.failure(error)
        self.attempts.extend(got.attempts)
        return got


def _is_absent_object(got: Got) -> bool:
    """Object stores answer 403 in XML for what they do not hold; a 403 in HTML is a refusal."""
    last = got.attempts[-1]
    return last.status == 403 and "xml" in last.headers.get("content-type", "")


def _good(got: Got) -> Got:
    """The same, or its error raised."""
    if got.error is not None:
        raise got.error
    return got


def _discard(gots: Sequence[Got]) -> None:
    for got in gots:
        if got.payload is not None:
            got.payload.path.unlink(missing_ok=True)


def _text(body: bytes, content_type: str) -> str:
    """The text of a page, in the encoding its content type names where Python knows it; else UTF-8."""
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
