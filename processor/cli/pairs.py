"""Fields and their values as they are typed on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from processor.errors import SettingsError


def pairs(given: Sequence[str], option: str, word: str, names: Sequence[str]) -> dict[str, str]:
    """What an option that may be given several times says of each field.

    Args:
        given: its texts, each a name, "=" and a value.
        option: what it is called.
        word: what its help calls a name.
        names: which there are, for whoever typed no pair; others are left to the verb.

    Raises:
        SettingsError: a text is no pair; a field is given twice, and one of the two would be lost.
    """
    told = dict[str, str]()
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"{option} wants {word}=VALUE, not {text!r}; {word} one of: {', '.join(names)}")
        if name in told:
            raise SettingsError(f"{option} {name} is given twice: which of the two is meant?")
        told[name] = value
    return told
