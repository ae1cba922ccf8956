"""Payloads of binary formats made on the spot, with invented companies."""

import io
import zipfile

import openpyxl


def workbook(rows: list[list[object]], title: str = "Notices") -> bytes:
    """An XLSX file of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    book.close()
    return buffer.getvalue()


def ruled_pdf(pages: list[list[list[str]]]) -> bytes:
    """A PDF with one ruled table of three columns a page; title rows hold one cell."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for rows in pages:
        drawn = []
        for number, row in enumerate([*rows, []]):
            top = 700 - 40 * number
            drawn.append(f"50 {top} m 500 {top} l S")
            for place, cell in enumerate(row):
                for line, text in enumerate(cell.split("\n")):
                    drawn.append(f"BT /F1 9 Tf {55 + 150 * place} {top - 14 - 12 * line} Td ({text}) Tj ET")
        bottom = 700 - 40 * len(rows)
        drawn += [f"{x} 700 m {x} {bottom} l S" for x in (50, 200, 350, 500)]
        stream = "\n".join(drawn)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    text, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return (
        f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF"
    ).encode("latin-1")


def zipped(members: dict[str, bytes]) -> bytes:
    """A deflated zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()
