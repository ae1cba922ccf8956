"""Keeping records and asking for them; imports ingest only."""
