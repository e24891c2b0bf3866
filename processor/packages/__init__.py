"""Archival packages: what the law wants to be told of a file, filled in from the archive; what is missing is said, not guessed."""
