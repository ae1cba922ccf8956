"""RFC 3161 time stamps of the head of the retrieval chain."""
