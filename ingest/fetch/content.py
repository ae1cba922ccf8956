"""Is this the kind of file that was declared? Looked at before a payload is accepted; nothing read is ever quoted."""

import fnmatch
import re
from pathlib import Path

from ingest.catalog import Resource, Source
from ingest.errors import Blocked, EmptyPayload, NotHandedIn, WrongContent
from ingest.fetch.retrieval import Attempt, Got, Payload
from ingest.fetch.stream import Part

HEAD = 64 * 1024

STARTS_AS_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*|<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,300}?)</title", re.IGNORECASE | re.DOTALL)
REFUSAL = re.compile(
    rb"access[ -]denied|acc\S{1,8}s refus|acesso negado|acceso denegado|zugriff verweigert|captcha|forbidden"
    rb"|not authori[sz]ed|unauthori[sz]ed|request rejected|request blocked|you have been blocked|unusual traffic"
    rb"|are you (?:a )?(?:human|robot)|just a moment|cf-challenge|incapsula|awswaf|request rate threshold"
    rb"|log[ -]?in\b|sign[ -]?in\b|type=.?password|iniciar sesi|se connecter|anmelden",
    re.IGNORECASE,
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def settle(attempt: Attempt, part: Part) -> Got:
    """The end of an attempt that brought all bytes: a payload, or unchanged when they are the known ones.

    Raises EmptyPayload, Blocked or WrongContent; the caller removes the file then.
    """
    wanted = attempt.wanted
    attempt.bytes, attempt.sha256 = part.size, part.digest.hexdigest()
    check_content(wanted.resource, part.path, attempt.headers.get("content-type", ""), _ending(attempt))
    if wanted.known is not None and wanted.known.sha256 == attempt.sha256:
        part.path.unlink()
        return Got(None, (attempt.row("unchanged"),))
    row = attempt.row("ok")
    return Got(Payload(row, part.path, wanted.name), (row,))


def check_content(resource: Resource, path: Path, content_type: str = "", ending: str = "") -> None:
    """Raise EmptyPayload, Blocked or WrongContent unless the file can be what `resource` declares.

    `ending` is that of a file handed in by a person, who may have unpacked the archive or renamed the file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise EmptyPayload("the answer is empty", next_step="Try again later.")
    media_type = content_type.partition(";")[0].strip().lower()
    _check_html(resource, head, media_type)
    if media_type and resource.content_types and not _listed(media_type, resource.content_types):
        raise WrongContent(
            "the content type of the answer is not one that was declared",
            next_step="See `content_types` in source.toml.",
        )
    zipped = resource.format == "xlsx" or resource.member != ""
    if ending and ending not in {".zip", ".xlsx"}:
        zipped = False
    if zipped and not head.startswith(ZIP) and not (resource.format == "xlsx" and head.startswith(OLE)):
        raise WrongContent("not a zip archive" if resource.member else "not a spreadsheet")
    if resource.format == "pdf" and not resource.member and b"%PDF" not in head[:1024]:
        raise WrongContent("not a PDF file")


def _check_html(resource: Resource, head: bytes, media_type: str) -> None:
    """HTML where none is declared is a refusal or an error page; a declared page can still be a refusal."""
    is_html = STARTS_AS_HTML.match(head) is not None
    title = TITLE.search(head)
    if resource.format == "html" and not resource.member:
        if title is not None and REFUSAL.search(title[1]):
            raise Blocked("the agency shows a page that refuses access", next_step="Open the address in a browser.")
        if not is_html and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise WrongContent("not an HTML page")
        return
    declared = resource.format == "xml" or _listed("text/html", resource.content_types)
    if _is_extract_of_html(resource) or not (is_html or (media_type == "text/html" and not declared)):
        return
    if REFUSAL.search(head):
        raise Blocked(
            "an HTML page that refuses access, in place of the declared file",
            next_step="Open the address in a browser; a file saved there can be handed in with --file.",
        )
    raise WrongContent("an HTML page in place of the declared file", next_step="Open the address in a browser.")


def _is_extract_of_html(resource: Resource) -> bool:
    """extract.py reads any format; it reads HTML when the declared endings or content types say so."""
    by_ending = any(ending.lower().endswith((".html", ".htm")) for ending in resource.accepts)
    return resource.format == "extract" and (by_ending or _listed("text/html", resource.content_types))


def _listed(media_type: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(media_type, pattern.lower()) for pattern in patterns)


def _ending(attempt: Attempt) -> str:
    return Path(attempt.wanted.name).suffix.lower() if attempt.via == "file" else ""


def not_handed_in(source: Source, resource: Resource) -> NotHandedIn:
    """The error for a file that only a person can get."""
    endings = ", ".join(resource.endings)
    return NotHandedIn(
        f"the agency gives `{resource.name}` on request only, and no such file was handed in",
        source=source.id,
        next_step=f"Get it from the agency and hand it in with --file PATH ({endings}).",
    )
