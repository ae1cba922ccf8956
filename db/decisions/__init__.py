"""Decisions of analysts: judgements on matches and records, disputes, and what they rest on."""
