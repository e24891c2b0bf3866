"""Foreign PDFs: every signature of every revision, looked at and told; three verdicts, never two."""
