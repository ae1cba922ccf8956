"""Whether two parties are the same company: a transparent score with its reasons."""
