"""Addresses of PostgreSQL databases, and connections to them; no password ever leaves this file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from geo_ree.errors import DatabaseError, SettingsError, import_extra
from geo_ree.safe_text import MASK, mask_addresses

SCHEMES = ("postgresql", "postgres", "postgis", "postgresql+psycopg")
"""What the address of a database begins with, before ``://``."""

_ADDRESS = re.compile(rf"({'|'.join(map(re.escape, SCHEMES))})://", re.IGNORECASE)
_EXAMPLE = "give one like postgresql://user@host:5432/database, and the password in PGPASSWORD"
_LOGIN_HINT = (
    "check host, port, database, user and password (of the address, PGPASSWORD or ~/.pgpass)"
)
_NOISE = re.compile(r"^connection failed: | Is the server running .*\?$")
_CONNECT_TIMEOUT_S = 10
_SILENT_MS = 60_000  # a server that says nothing for so long is lost
_SHORTEST_SECRET = 3


def is_database(address: object) -> bool:
    """Whether a text or path is the address of a database.

    Examples
    --------
    >>> is_database("postgis://host/team"), is_database("out/export"), is_database(None)
    (True, False, False)
    """
    text = str(address).replace(":/", "://").replace(":///", "://")  # as a path has it
    return _ADDRESS.match(text) is not None


@dataclass(frozen=True)
class DatabaseAddress:
    """Where a database is.

    Parameters
    ----------
    conninfo
        The address as libpq reads it; it may hold a password, so it is not shown.
    shown
        The address without its password.
    """

    conninfo: str = field(repr=False)
    shown: str

    def masked(self, text: str) -> str:
        """Make one line of a text, without the password of this address."""
        line = " ".join(text.split())
        for secret in _secrets(self.conninfo):
            line = line.replace(secret, MASK)
        return mask_addresses(line)


def parse_address(address: str) -> DatabaseAddress:
    """Read the address of a database.

    Parameters
    ----------
    address
        ``postgresql://user:password@host:port/database?sslmode=...``; the scheme may also be
        ``postgis`` or ``postgresql+psycopg``. What it leaves out is taken from the environment
        (PGHOST, PGUSER, PGPASSWORD ...), a service file and ``~/.pgpass``, as psql does.

    Raises
    ------
    SettingsError
        When it is no address of a database; the message does not repeat it.

    Examples
    --------
    >>> parse_address("postgis://ann:made-up@localhost/team").shown
    'postgresql://ann:***@localhost/team'
    >>> parse_address("mysql://localhost/team")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no address of a database begins with 'mysql'; give one like \
postgresql://user@host:5432/database, and the password in PGPASSWORD
    """
    found = _ADDRESS.match(address)
    if found is None:
        raise SettingsError(
            f"no address of a database begins with {address.partition(':')[0][:20]!r}", _EXAMPLE
        )
    conninfo = f"postgresql://{address[found.end() :]}"
    if "@" in re.sub(r"^[^/?#]*", "", address[found.end() :]):
        raise SettingsError(
            "the address of the database has an @ after the name of its host",
            "write / ? # and @ of a password as %2F %3F %23 and %40, or give it in PGPASSWORD",
        )
    return DatabaseAddress(conninfo, mask_addresses(conninfo))


def _secrets(conninfo: str) -> list[str]:
    """Passwords of an address, as they are and as they are written there, the longest first."""
    login = conninfo.partition("://")[2].rpartition("@")[0]
    named = re.findall(r"[?&](?:ssl)?password=([^&]*)", conninfo, re.IGNORECASE)
    words = {*named, login.partition(":")[2]}
    words |= {unquote(word) for word in words}
    return sorted((w for w in words if len(w) >= _SHORTEST_SECRET), key=len, reverse=True)


def connect(address: DatabaseAddress) -> Any:
    """Open a connection of psycopg, whose errors pass as they are; what the address says holds."""
    options = {
        "application_name": "geo_ree",
        "client_encoding": "utf8",
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "tcp_user_timeout": _SILENT_MS,
    }
    given = address.conninfo.partition("?")[2]
    options = {name: value for name, value in options.items() if f"{name}=" not in given}
    return import_extra("psycopg", "postgis").connect(address.conninfo, **options)


@contextmanager
def connected(
    address: DatabaseAddress, *, read_only: bool = False, hint: str = "what was there is unchanged"
) -> Iterator[Any]:
    """Open a connection, in which one transaction is committed at the end or rolled back.

    With `read_only` the server refuses whatever would change something. The hint is for a statement
    that the server refuses for a reason of its own.

    Yields
    ------
    psycopg.Connection

    Raises
    ------
    DatabaseError
        When the server cannot be reached, refuses the login, is lost, or refuses a statement.
    SettingsError
        When psycopg is not installed.
    """
    psycopg = import_extra("psycopg", "postgis")
    with explaining(address, hint):
        try:
            connection = connect(address)
        except psycopg.Error as error:
            # not chained: the text of the driver may repeat what it was given
            said = _NOISE.sub("", address.masked(str(error)))
            raise DatabaseError(f"{address.shown}: {said}", _LOGIN_HINT) from None
        if read_only:  # and sees the database as it is at its start
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            yield connection
            _commit(connection, address)
        finally:
            connection.close()  # the server rolls back what was not committed


def _commit(connection: Any, address: DatabaseAddress) -> None:
    lost = import_extra("psycopg", "postgis").OperationalError
    try:
        connection.commit()
    except lost:
        raise DatabaseError(
            f"{address.shown}: the connection was lost as the transaction was committed",
            "it is there whole or not at all: do it again",
        ) from None


@contextmanager
def explaining(address: DatabaseAddress, hint: str) -> Iterator[None]:
    """Turn an error of the driver or server into a DatabaseError in one line, without passwords."""
    psycopg = import_extra("psycopg", "postgis")
    try:
        yield
    except psycopg.Error as error:
        what = error.diag.message_primary or str(error)
        more = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        raise DatabaseError(
            f"{address.shown}: {address.masked(what + more)}", _hint(error, psycopg.errors, hint)
        ) from None


def _hint(error: Any, errors: Any, other: str) -> str:
    if isinstance(error, errors.InsufficientPrivilege):
        return "ask the owner of the database for this right"
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return "give the address of the primary server"
    if isinstance(error, errors.QueryCanceled):
        return "allow more time: statement_timeout of the role, Settings.read_timeout_s of a source"
    lost = (error.sqlstate or "08").startswith(("08", "57P", "25P03"))
    if lost and isinstance(error, errors.OperationalError | errors.InternalError):
        return "the connection was lost or ended; what was there is unchanged: try again"
    return other
