"""Pages: a record, a company, and what is asked of either."""
