"""Where the name index of a generation lies; apart from what reads it, which most commands need not import."""

from pathlib import Path


def folder_of(generation: Path) -> Path:
    """Where the index of a generation file is."""
    return generation.with_suffix(".index")
