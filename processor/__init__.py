"""The application: what happens to a document between the drop folder and the archive."""
