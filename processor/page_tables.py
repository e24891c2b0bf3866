"""Settings of the pages in a browser: the clerk's desk and the auditors' page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Strict

from processor.tables import Duration, Table, Texts


class DeskTable(Table):
    """How the clerk's page is reached through a proxy."""

    user_header: str
    socket: str
    hosts: Texts


class UserTable(Table):
    """Somebody who may look at the auditors' page."""

    role: Literal["auditor", "archivist", "public"]
    password: str = ""
    account: str = ""


class ServeTable(Table):
    """The auditors' page."""

    refresh: Annotated[Duration, Field(ge=1)]
    closed_lanes: Texts
    closed_lanes_open_to: Annotated[tuple[Literal["auditor", "archivist", "public"], ...], Strict(False)]
    public_sees: Texts
    auditor_sees: Texts
    archivist_sees: Texts
    users: Mapping[str, UserTable]
    user_header: str
    socket: str
    hosts: Texts
