"""Data only: the settings with their defaults, the reasons, and the law, by date."""
