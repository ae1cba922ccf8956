"""Evidence packs: everything that proves a set of records in one file, and the check of such a file."""
