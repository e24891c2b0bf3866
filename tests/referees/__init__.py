"""Judges of others' making: what Sohoa seals is told sound or unsound by tools that know nothing of Sohoa."""
