"""Companies from records: parties, the strong links between them, and what is possible but not proved."""
