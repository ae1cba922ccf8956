"""A home of an invented agency with a history, a pack made of it, and packs as a stranger may hand them in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.decisions.kept import Decisions
from db.evidence_pack.container import opened, write_pack
from db.evidence_pack.pack import Made, make_pack
from db.evidence_pack.plain import text
from db.evidence_pack.sums import MANIFEST, SUMS, sums_file
from tests.db.conftest import SQL, Agency
from tests.evidence.sealing import listed

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOSTILE_NAME = "Acme <script>alert(1)</script> & Sons Ltd"
HIDDEN_NAME = "Vanished Chemicals GmbH"
ALIASES = SQL.replace(
    "EMPLOYER AS company_name",
    """split_part(EMPLOYER, '|', 1) AS company_name,
       [alias('alias', nullif(split_part(EMPLOYER, '|', 2), ''))] AS names""",
)
FIRST = (
    f"1,{HOSTILE_NAME},F,2020-01-31,1000,Jan Doe",
    "2,Beta Tools GmbH,F,2024-02-29,2500.50,Jan Doe",
    "3,Gamma Foods SA,V,2024-03-31,,",
    f"4,{HIDDEN_NAME},F,2024-04-30,10,",
    '5,"Delta Lines Inc|Roe, Janet Q.",F,2024-05-31,77,',
    "6,Epsilon Trading Ltd,F,,5,",
)
SECOND = (FIRST[0].replace("1000", "1500"), *FIRST[1:3], *FIRST[4:])
"""An amount is corrected, and record 4 is gone: a source that mirrors its agency hides it."""


@dataclass(frozen=True)
class World:
    """The agency and the ids of its records."""

    agency: Agency
    ids: tuple[str, ...]

    def pack(self, output: Path, *ids: str, now: datetime = NOW, most_payload: int = 10**8) -> Made:
        """A pack of these records, or of all."""
        sources = {self.agency.source.id: self.agency.source}
        return make_pack(
            self.agency.store, ids or self.ids, output, sources,
            now=now, most_payload=most_payload, sample=False, tell=lambda *_: None,
        )  # fmt: skip


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three syncs: a new version, a removal, a row that also names a person, then no change; and a dispute."""
    agency = Agency(tmp_path_factory.mktemp("evidence"), sql=ALIASES)
    assert agency.sync(*FIRST).outcome == "loaded"
    assert agency.sync(*SECOND).outcome == "loaded"
    assert agency.sync(*SECOND).outcome == "unchanged"
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record ORDER BY record_id"))
    Decisions(agency.home).dispute(ids[1], why="The fine was repaid <b>twice</b>", evidence=None, by="Analyst A")
    return World(agency, ids)


@pytest.fixture(scope="session")
def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The pack of all records."""
    return world.pack(tmp_path_factory.mktemp("pack") / "pack.zip")


@pytest.fixture(scope="session")
def contents(made: Made) -> Mapping[str, bytes]:
    """Every file of that pack."""
    with opened(Path(made.file)) as pack:
        return {name: pack.read(name) or b"" for name in pack.entries}


@pytest.fixture
def sealed(contents: Mapping[str, bytes], tmp_path: Path) -> Callable[..., Path]:
    """Writes a pack with other files and all its hashes made anew, as somebody would who wants to deceive."""

    def seal(changes: Mapping[str, bytes | None], head: Mapping[str, object] | None = None) -> Path:
        files = {**contents, **changes}
        kept: dict[str, bytes | Path] = {name: content for name, content in files.items() if content is not None}
        if MANIFEST in changes:
            del kept[SUMS]
        else:
            del kept[MANIFEST], kept[SUMS]
            given = {**json.loads(contents[MANIFEST]), **(head or {})}
            kept[MANIFEST] = text({**given, "files": listed(kept)})
        kept[SUMS] = sums_file(listed(kept))
        write_pack(tmp_path / "sealed.zip", kept)
        return tmp_path / "sealed.zip"

    return seal
