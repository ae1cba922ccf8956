"""The pack described as an RO-Crate 1.2: its files, whose they are, and under which licence."""

import json
from collections.abc import Mapping
from typing import Any, Final

METADATA: Final = "ro-crate-metadata.json"
_MEDIA: Final = {
    "html": "text/html", "json": "application/json", "jsonl": "application/jsonl", "sql": "application/sql",
    "toml": "application/toml", "py": "text/x-python", "tsr": "application/timestamp-reply", "zst": "application/zstd",
}  # fmt: skip
_DESCRIBED: Final = {
    "dossier.html": "The dossier, for people",
    "records.jsonl": "What each record says, all versions, with where it comes from",
    "retrievals.jsonl": "The part of the hash chain of retrievals the records rest on",
    "dossier.json": "Companies, coverage, sources and disputes, as they stand in the dossier",
}


def crate_file(
    head: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]], files: Mapping[str, Mapping[str, Any]]
) -> bytes:
    """The metadata file; the same for the same content. `files`: name → bytes and sha256; `sources`: by id."""
    # half a second that nothing but a pack should wait for
    from rocrate.model.contextentity import ContextEntity  # type: ignore[import-untyped]  # noqa: PLC0415
    from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]  # noqa: PLC0415

    crate = ROCrate(gen_preview=False, version="1.2")
    crate.root_dataset["datePublished"] = head["packed_at"]
    crate.name = "Evidence pack: public records about companies"
    crate.description = (
        f"{head['counts']['records']} records of {len(sources)} sources, with the original rows they were made of. "
        "Public records, not a consumer report; an allegation is not a finding."
    )
    publishers: dict[str, Any] = {}
    licences = {}
    for source in sources.values():
        same = next((entity for entity in publishers.values() if entity["name"] == source["publisher"]), None)
        publishers[source["id"]] = same or crate.add(
            ContextEntity(
                crate,
                f"#publisher-of-{source['id']}",
                properties={"@type": "Organization", "name": source["publisher"]},
            )
        )
        licences[source["id"]] = crate.add(
            ContextEntity(
                crate,
                f"#licence-of-{source['id']}",
                properties={"@type": "CreativeWork", "name": source["licence"], "creditText": source["attribution"]},
            )
        )
    maker = ContextEntity(
        crate,
        "#trackrecord",
        properties={"@type": "SoftwareApplication", "name": "trackrecord", "version": head["trackrecord_version"]},
    )
    crate.add(maker)
    crate.root_dataset["author"] = list({entity.id: entity for entity in publishers.values()}.values())
    crate.root_dataset["license"] = list(licences.values())
    for name, found in sorted(files.items()):
        said: dict[str, Any] = {
            "name": name,
            "contentSize": str(found["bytes"]),
            "sha256": found["sha256"],
            "encodingFormat": _MEDIA.get(name.rpartition(".")[2], "text/plain"),
        }
        if name in _DESCRIBED:
            said["description"] = _DESCRIBED[name]
        file = crate.add_file(dest_path=name, properties=said, validate_url=False)
        folder, _, rest = name.partition("/")
        source_id = rest.partition("/")[0]
        if folder in {"rows", "payloads"} and source_id in publishers:
            file["author"], file["license"] = publishers[source_id], licences[source_id]
    made = crate.metadata.generate()
    made["@graph"].sort(key=lambda entity: str(entity["@id"]))
    return (json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "backslashreplace")
