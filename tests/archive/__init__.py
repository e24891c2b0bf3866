"""The archive on real files, a real SQLite and the real BagIt validator."""
