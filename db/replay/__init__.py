"""Rebuilding the database from the evidence store: what every run did, done again."""
