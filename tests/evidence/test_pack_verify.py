"""The check of a pack: a kept one agrees, and whatever was changed in it is found."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from db.evidence_pack.container import opened, write_pack
from db.evidence_pack.pack import Made
from db.evidence_pack.sums import sums_file
from db.evidence_pack.verify import check_bytes
from db.stamp.request import Asking, anchor
from ingest.adapter import adapter_of, read_adapter
from ingest.errors import UsageError
from ingest.fetch.pacing import Patience
from tests.db.conftest import Agency
from tests.evidence.conftest import SECOND, World
from tests.evidence.sealing import check, differing, listed, remarks
from tests.stamp.authority import authority

Seal = Callable[..., Path]


def changed(content: bytes, change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    """JSON Lines with a change."""
    values = [json.loads(line) for line in content.splitlines()]
    change(values)
    return b"".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for value in values)


def test_a_pack_agrees_without_home_and_database(made: Made, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.zip"
    moved.write_bytes(Path(made.file).read_bytes())
    verdict = check(moved)
    assert differing(verdict) == {}
    assert verdict.sha256 == made.sha256
    counts = {found.what: found.n for found in verdict.checks}
    assert counts["records derived again"] == 5
    assert counts["original rows"] == 6
    assert counts["chain of retrievals"] == 3
    assert "1 versions: row text withheld" in remarks(verdict, "records derived again")
    assert "no time stamp" in remarks(verdict, "time stamps")
    assert "does not have the source" in remarks(verdict, "adapters")
    assert verdict.unproven == 6


def forged(contents: Mapping[str, bytes], old: bytes, new: bytes) -> dict[str, bytes | None]:
    """The pack with an adapter of its maker's, under its own version, in the place of the one it had."""
    (name,) = (name for name in contents if name.startswith("adapters/") and name.endswith("/records.sql"))
    before, _, _ = name.rpartition("/")
    files = {path.removeprefix(f"{before}/"): content for path, content in contents.items() if path.startswith(before)}
    assert old in files["records.sql"]
    files["records.sql"] = files["records.sql"].replace(old, new)
    source_id, version = before.split("/")[1:]
    made = read_adapter(files).version
    changes: dict[str, bytes | None] = {f"{before}/{path}": None for path in files}
    changes |= {f"adapters/{source_id}/{made}/{path}": content for path, content in files.items()}
    return changes | {"records.jsonl": contents["records.jsonl"].replace(version.encode(), made.encode())}


def test_what_only_an_adapter_of_the_pack_says_is_not_proven(
    contents: Mapping[str, bytes], sealed: Seal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.evidence_pack.proof.installed", lambda _: adapter_of(world.agency.source))
    assert check(sealed({})).unproven == 1, "the row without its text"
    deceiving = forged(contents, b"'penalty'", b"'warning'")
    deceiving["records.jsonl"] = (deceiving["records.jsonl"] or b"").replace(b'"penalty"', b'"warning"')
    verdict = check(sealed(deceiving))
    assert "records derived again" not in differing(verdict)
    assert "only the adapter in the pack" in remarks(verdict, "records derived again")
    assert verdict.unproven == 6


def test_what_the_installed_adapter_says_too_is_proven(
    contents: Mapping[str, bytes], sealed: Seal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.evidence_pack.proof.installed", lambda _: adapter_of(world.agency.source))
    verdict = check(sealed(forged(contents, b"FROM notice", b"FROM notice -- in other words")))
    assert "records derived again" not in differing(verdict)
    assert verdict.unproven == 1


def test_a_record_under_the_id_of_another_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    def swap(records: list[dict[str, Any]]) -> None:
        records[1]["versions"].append(records[2]["versions"][0])

    causes = differing(check(sealed({"records.jsonl": changed(contents["records.jsonl"], swap)})))
    assert any("it is about another record" in cause for cause in causes["records derived again"])
    assert "the manifest counts other records" in causes["records derived again"]
    twice = contents["records.jsonl"] + contents["records.jsonl"].splitlines(keepends=True)[0]
    said = " ".join(differing(check(sealed({"records.jsonl": twice})))["records derived again"])
    assert "is there 2 times" in said


def test_one_changed_byte_in_any_file_is_found(made: Made, tmp_path: Path) -> None:
    whole = Path(made.file).read_bytes()
    with opened(Path(made.file)) as pack:
        places = {name: (entry.at + len(entry.local), entry.size) for name, entry in pack.entries.items()}
    target = tmp_path / "flipped.zip"
    for name, (start, size) in places.items():
        for at in (start, start + size // 2, start + size - 1):
            target.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            causes = [cause for found in check_bytes(target) for cause in found.causes]
            assert any(name in cause for cause in causes), (name, at, causes)


def test_one_changed_byte_anywhere_is_found(made: Made, tmp_path: Path) -> None:
    whole = Path(made.file).read_bytes()
    dice = random.Random(7)  # noqa: S311
    with opened(Path(made.file)) as pack:
        end = max(entry.at + len(entry.local) + entry.size for entry in pack.entries.values())
        heads = [entry.at + at for entry in pack.entries.values() for at in range(0, 30, 3)]
    offsets = [*heads, *range(end, len(whole), 11), *range(len(whole) - 60, len(whole))]
    offsets += [dice.randrange(len(whole)) for _ in range(150)]
    target = tmp_path / "flipped.zip"
    for at in offsets:
        target.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << dice.randrange(8))]) + whole[at + 1 :])
        assert sum(found.differences for found in check_bytes(target)) > 0, at


@pytest.mark.parametrize("cut", [1, 40, 3000])
def test_a_shortened_or_lengthened_pack_is_found(made: Made, tmp_path: Path, cut: int) -> None:
    whole = Path(made.file).read_bytes()
    for content in (whole[:-cut], whole + b"\0" * cut, whole[:500] + whole[500 + cut :]):
        (tmp_path / "cut.zip").write_bytes(content)
        assert differing(check(tmp_path / "cut.zip"))


def test_an_amount_that_the_rows_do_not_give_is_found(
    contents: Mapping[str, bytes], sealed: Seal, world: World
) -> None:
    def raise_amount(records: list[dict[str, Any]]) -> None:
        records[1]["versions"][0]["says"]["amounts"][0]["value"] = "9500.50"

    verdict = check(sealed({"records.jsonl": changed(contents["records.jsonl"], raise_amount)}))
    assert "bytes of the zip" not in differing(verdict)
    (cause,) = differing(verdict)["records derived again"]
    assert cause.endswith("version 1: its rows say something else: amounts")
    assert "dossier" in differing(verdict)


def test_saying_that_it_cannot_be_derived_does_not_help(contents: Mapping[str, bytes], sealed: Seal) -> None:
    for why in ("its rows say something else: amounts", "row text withheld, cannot be re-derived"):

        def raise_amount(records: list[dict[str, Any]], why: str = why) -> None:
            version = records[1]["versions"][0]
            version["says"]["amounts"][0]["value"], version["underivable"] = "9500.50", why

        verdict = check(sealed({"records.jsonl": changed(contents["records.jsonl"], raise_amount)}))
        assert "records derived again" in differing(verdict)


def test_a_changed_row_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = next(name for name, content in contents.items() if name.startswith("rows/") and b"2500.50" in content)
    verdict = check(sealed({name: contents[name].replace(b"2500.50", b"2500.51")}))
    assert "differs from its hash" in differing(verdict)["original rows"][0]
    assert "amounts" in differing(verdict)["records derived again"][0]


def test_a_row_with_its_hash_made_anew_is_found_by_its_record(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = next(name for name, content in contents.items() if name.startswith("rows/") and b"2500.50" in content)

    def other_hash(rows: list[Any]) -> None:
        row = next(row for row in rows[1:] if "2500.50" in row)
        row[5] = "0" * 64

    verdict = check(sealed({name: changed(contents[name], other_hash)}))
    assert len(differing(verdict)["original rows"]) == 2


def test_a_missing_row_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = next(name for name, content in contents.items() if name.startswith("rows/") and b"2500.50" in content)

    def without(rows: list[Any]) -> None:
        rows[:] = [row for row in rows if "2500.50" not in row]

    verdict = check(sealed({name: changed(contents[name], without)}))
    assert "an original row is missing" in differing(verdict)["original rows"][0]
    assert "its rows give no record" in differing(verdict)["records derived again"][0]


def test_a_changed_retrieval_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    def earlier(chain: list[dict[str, Any]]) -> None:
        chain[0]["retrieved_at"] = "2020-01-01T00:00:00.000000Z"

    verdict = check(sealed({"retrievals.jsonl": changed(contents["retrievals.jsonl"], earlier)}))
    assert "differs from its chain hash" in differing(verdict)["chain of retrievals"][0]


def test_a_doubled_retrieval_and_another_id_are_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    def double(chain: list[dict[str, Any]]) -> None:
        chain.insert(1, chain[0])
        chain[-1]["retrieval_id"] = "0" * 16

    causes = differing(check(sealed({"retrievals.jsonl": changed(contents["retrievals.jsonl"], double)})))
    assert "retrieval number 1: the one before it is missing, or it is doubled" in causes["chain of retrievals"]
    assert any("its id is not that of its chain hash" in cause for cause in causes["chain of retrievals"])


def test_a_missing_retrieval_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    verdict = check(sealed({"retrievals.jsonl": changed(contents["retrievals.jsonl"], lambda chain: chain.pop(0))}))
    causes = " ".join(differing(verdict)["chain of retrievals"])
    assert "its retrieval is not in the chain" in causes
    assert "other ends of the chain" in causes


def test_another_adapter_under_the_old_version_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = next(name for name in contents if name.endswith("/records.sql"))
    verdict = check(sealed({name: contents[name].replace(b"'penalty'", b"'warning'")}))
    assert "its files are another adapter" in differing(verdict)["adapters"][0]
    assert "kind" in differing(verdict)["records derived again"][0]


def test_a_dossier_that_says_something_else_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    page = contents["dossier.html"].replace(b"2,500.50", b"2,500.49")
    verdict = check(sealed({"dossier.html": page}))
    assert differing(verdict).keys() == {"dossier", "description"}


def test_a_dossier_of_another_version_is_not_proven(sealed: Seal) -> None:
    verdict = check(sealed({"dossier.html": b"<p>Anything"}, {"dossier_version": "0123456789abcdef"}))
    assert "was not compared with the records" in remarks(verdict, "dossier")
    assert "dossier" not in differing(verdict)
    assert next(found.unproven for found in verdict.checks if found.what == "dossier") == 1


def test_files_that_are_unknown_or_missing_are_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    stranger = sealed({"manifest.json": contents["manifest.json"], "extra.txt": b"hello"})
    assert "extra.txt is unknown to the manifest" in differing(check(stranger))["files"]
    gone = sealed({"manifest.json": contents["manifest.json"], "dossier.html": None})
    assert "dossier.html is missing" in differing(check(gone))["files"]


def test_a_time_stamp_shows_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    with authority() as signer:
        asking = Asking(
            url=signer.url,
            contact="mailto:audit@example.org",
            private_hosts=frozenset({signer.place}),
            patience=Patience(connect=5.0, silence=2.0, total=5.0),
        )
        anchor(agency.store, asking)
        trusted, other = signer.root.pem(tmp_path / "root.pem"), tmp_path / "other.pem"
    with authority() as stranger:
        stranger.root.pem(other)
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    assert World(agency, ids).pack(tmp_path / "pack.zip").stamps == 1
    unasked, asked = check(tmp_path / "pack.zip"), check(tmp_path / "pack.zip", ca=trusted)
    assert "signature valid, authority not checked" in remarks(unasked, "time stamps")
    assert "(trusted; certificate SHA-256" in remarks(asked, "time stamps")
    assert not differing(unasked)
    assert not differing(asked)
    wrong = check(tmp_path / "pack.zip", ca=other)
    assert "does not lead to those asked for" in differing(wrong)["time stamps"][0]
    with opened(tmp_path / "pack.zip") as pack:
        files: dict[str, bytes | Path] = {name: pack.read(name) or b"" for name in pack.entries}
    stated = json.loads(bytes(files["manifest.json"]))["stamps"][0]["stamped_at"].encode()
    files["manifest.json"] = bytes(files["manifest.json"]).replace(stated, b"2019" + stated[4:])
    del files["SHA256SUMS"]
    write_pack(tmp_path / "older.zip", {**files, "SHA256SUMS": sums_file(listed(files))})
    assert "states another time" in differing(check(tmp_path / "older.zip", ca=trusted))["time stamps"][0]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"\0" * 200, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_pack_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.zip").write_bytes(content)
    with pytest.raises(UsageError, match="no evidence pack"):
        check(tmp_path / "other.zip")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        check(tmp_path / "none.zip")
    with pytest.raises(UsageError, match=r"cannot be read|no evidence pack"):
        check(tmp_path)
