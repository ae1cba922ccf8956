"""The trackrecord command: arguments in, one call, one renderer out."""
