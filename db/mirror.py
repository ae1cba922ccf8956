"""A mirror folder made on a connected machine, for machines without internet: files by their official address."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from db.progress import Told
from db.sync import Options, groups
from ingest.catalog import Source
from ingest.errors import NotHandedIn, SourceError
from ingest.fetch import Fetched, Fetcher, write_mirror
from ingest.read import read
from ingest.transform import Inputs


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of one source: files written, or why none."""

    source_id: str
    files: int
    error: str | None


def make_mirror(out: Path, sources: Sequence[Source], options: Options, progress: Told) -> list[Mirrored]:
    """Fetches every resource of the sources into `out`. One source that fails does not stop the others.

    The files are the agencies' own and may name persons: the folder is the user's to guard, no home ever holds it.
    """
    out.mkdir(parents=True, exist_ok=True)
    return [_mirror_one(out, source, options, progress) for source in sources]


def _mirror_one(out: Path, source: Source, options: Options, progress: Told) -> Mirrored:
    fetched: list[Fetched] = []
    with (
        # keyed resources need what was read before them; their rows lie in a folder that is erased
        TemporaryDirectory(prefix="trackrecord-mirror-") as work,
        duckdb.connect() as con,
        Fetcher(
            Path(work),
            contact=options.contact,
            mirror=options.mirror,
            progress=progress,
            private_hosts=options.private_hosts,
        ) as fetcher,
    ):
        inputs = Inputs(con, source)
        keyed = any(resource.pattern == "keyed" for resource in source.resource)
        try:
            for group in groups(source):
                keys = inputs.keys(group[0]) if group[0].pattern == "keyed" else []
                try:
                    pairs = fetcher.fetch_group(source, group, since=options.since, until=options.until, keys=keys)
                except NotHandedIn:
                    continue
                for resource, answer in pairs:
                    fetched.append(answer)
                    for payload in answer.payloads if keyed else ():
                        table = f"raw_{len(inputs.files)}"
                        for rows in read(con, source, resource, payload.path, payload.name, table, work=Path(work)):
                            inputs.add(resource, rows, "")
        except SourceError as error:
            return Mirrored(source.id, 0, error.sentence())
        return Mirrored(source.id, write_mirror(out, source, fetched), None)
