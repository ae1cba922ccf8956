"""Company names: normal form, legal forms (ISO 20275), scripts."""
