"""One folder per agency data set: source.toml + records.sql, and extract.py where the format is not tabular."""
