"""The moment in which a draft takes the place of a run's schema, and the views of ``latest`` follow.

What geo_ree writes says so in its comments. Whatever does not is never removed; rights are given again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any

from geo_ree.errors import DatabaseError, import_extra

LATEST = "latest"
"""Schema of the views of the run that was written last."""

MARK = "geo_ree run "
"""In the comment of every schema, table, view, index and constraint that geo_ree writes."""

_LOCK = int.from_bytes(b"geo_ree", "big")  # of the database: exports switch one after the other
_LOCK_MS = 400  # less than PostgreSQL's deadlock_timeout, so that readers wait no longer than this
_PATIENCE_S = 60.0
_PAUSE_S = 0.1
_SCHEMA = """
SELECT coalesce(obj_description(oid, 'pg_namespace'), ''), pg_has_role(nspowner, 'USAGE'),
quote_ident(current_user), quote_ident(pg_get_userbyid(nspowner))
FROM pg_namespace WHERE nspname = %s"""
_RELATIONS = """
SELECT c.relname, c.relkind = 'v', coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'v', 'm', 'f', 'p') ORDER BY c.relname"""
_ADDED = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind = 'r' AND col_description(c.oid, a.attnum) IS NULL
ORDER BY c.relname, a.attnum"""
_ADDED_TO = """
WITH old AS (SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = ANY(%s) AND c.relkind IN ('r', 'v'))
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM old
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = old.oid
LEFT JOIN pg_description t ON t.classoid = d.classid AND t.objoid = d.objid AND t.objsubid = 0
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
WHERE d.deptype IN ('a', 'i') AND coalesce(t.description, '') NOT LIKE %s
AND r.rulename IS DISTINCT FROM '_RETURN' AND (d.classid, d.objid) NOT IN
(('pg_type'::regclass, old.reltype), ('pg_class'::regclass, old.reltoastrelid))
UNION SELECT format('NOT NULL of the column %%s of %%s.%%s', a.attname, old.nspname, old.relname)
FROM old JOIN pg_attribute a ON a.attrelid = old.oid AND a.attnum > 0 AND a.attnotnull
WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = old.oid AND i.indisprimary
AND a.attnum = ANY(i.indkey))
UNION SELECT format('row security of %%s.%%s', nspname, relname) FROM old WHERE relrowsecurity
ORDER BY 1"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind IN ('r', 'v') ORDER BY c.relname, a.attnum"""
_RIGHTS = """
SELECT coalesce(r.rolname, ''), x.privilege_type, x.is_grantable, a.attname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
LATERAL (SELECT c.relacl AS acl, '' AS attname UNION ALL SELECT attacl, attname
FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a,
aclexplode(a.acl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
WHERE n.nspname = %s AND c.relname = %s AND x.grantee <> c.relowner"""
_SCHEMA_RIGHTS = """
SELECT coalesce(r.rolname, ''), x.privilege_type, x.is_grantable, ''
FROM pg_namespace n, aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
WHERE n.nspname = %s AND x.grantee <> n.nspowner"""
_BLOCKERS = """
SELECT DISTINCT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, '')
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE n.nspname IN (%s, %s) AND l.granted AND l.pid <> pg_backend_pid() ORDER BY 1"""


def check_ours(connection: Any, schema: str, names: Collection[str]) -> None:
    """Refuse to replace what geo_ree did not write.

    Raises
    ------
    DatabaseError
        When the schema or ``latest`` is somebody else's, or holds a table, view or column that is, or
        a table of the run has an index, constraint, trigger or the like that is, or the role does not
        own it.
    """
    for name in (schema, LATEST):
        found = connection.execute(_SCHEMA, (name,)).fetchone()
        if found is not None and not found[0].startswith(MARK):
            raise DatabaseError(
                f"the database {connection.info.dbname} has a schema {name} that geo_ree did not make",
                "rename or remove it, or export to another database",
            )
        if found is not None and not found[1]:
            raise DatabaseError(
                f"the role {found[2]} may not replace the schema {name}, which {found[3]} owns",
                f"export as {found[3]}, or let the writers share a role (docs/teams.md)",
            )
    there = connection.execute(_RELATIONS, (schema,)).fetchall()
    for name, _, comment in there:
        if MARK not in comment:
            raise _foreign(f"{schema}.{name}")
    for name, column in connection.execute(_ADDED, (schema,)).fetchall():
        raise _foreign(f"the column {column} of {schema}.{name}")
    _check_bare(connection, schema, [name for name, *_ in there])
    for name, is_view, comment in connection.execute(_RELATIONS, (LATEST,)).fetchall():
        if name in names and not (is_view and MARK in comment):
            raise _foreign(f"{LATEST}.{name}")


def _foreign(what: str) -> DatabaseError:
    return DatabaseError(
        f"{what} was not written by geo_ree, and would be replaced",
        "move it to a schema of your own, or remove it",
    )


def _check_bare(connection: Any, schema: str, names: Iterable[str]) -> None:
    """Refuse to remove tables or views with whatever others put on them."""
    asked = (schema, list(names), f"{MARK}%")
    if found := [row[0] for row in connection.execute(_ADDED_TO, asked).fetchall()]:
        raise DatabaseError(
            f"not written by geo_ree, and would be removed: {', '.join(found)}",
            "put it on a table or materialized view of your own, or remove it first",
        )


def switch(connection: Any, draft: str, schema: str, names: Collection[str]) -> None:
    """Put a draft in the place of a schema, and let the views of ``latest`` show it.

    Waits for readers in short turns, so that those who come later do not wait behind it.

    Raises
    ------
    DatabaseError
        When readers keep the old tables for more than a minute, or something depends on them.
    """
    errors = import_extra("psycopg", "postgis").errors
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with connection.transaction():
                _switch_once(connection, draft, schema, names)
                return
        except errors.DependentObjectsStillExist as error:
            raise DatabaseError(
                f"something depends on the tables to replace: {error.diag.message_detail}",
                "change or remove it first",
            ) from None
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if time.monotonic() > end:
                raise DatabaseError(
                    f"others use {schema} or {LATEST}: {_blockers(connection, schema)}",
                    "let them end their transactions, then export again",
                ) from None
            time.sleep(_PAUSE_S)


def _blockers(connection: Any, schema: str) -> str:
    rows = connection.execute(_BLOCKERS, (schema, LATEST)).fetchall()
    return ", ".join(f"process {pid} ({user} {name})" for pid, user, name in rows) or "unknown"


def _switch_once(connection: Any, draft: str, schema: str, names: Collection[str]) -> None:
    sql = import_extra("psycopg.sql", "postgis")

    def do(statement: str, *parts: Any) -> None:
        connection.execute(sql.SQL(statement).format(*parts))

    do("SET LOCAL lock_timeout = {}", sql.Literal(f"{_LOCK_MS}ms"))
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    check_ours(connection, schema, names)
    _show_latest(connection, draft, schema, names)
    old = [row[0] for row in connection.execute(_RELATIONS, (schema,)).fetchall()]
    if connection.execute(_SCHEMA, (schema,)).fetchone() is not None:
        rights = connection.execute(_SCHEMA_RIGHTS, (schema,)).fetchall()
        _grant(connection, rights, sql.SQL("SCHEMA {}").format(sql.Identifier(draft)))
        new = _columns(connection, draft)
        for name in old:
            if name in names:
                rights = connection.execute(_RIGHTS, (schema, name)).fetchall()
                table = sql.SQL("TABLE {}").format(sql.Identifier(draft, name))
                _grant(connection, rights, table, new[name])
        if old:
            do("DROP TABLE {}", sql.SQL(", ").join(sql.Identifier(schema, name) for name in old))
        do("DROP SCHEMA {}", sql.Identifier(schema))  # refuses where something is left in it
    do("ALTER SCHEMA {} RENAME TO {}", sql.Identifier(draft), sql.Identifier(schema))


def _show_latest(connection: Any, draft: str, schema: str, names: Iterable[str]) -> None:
    """Make the views of ``latest`` those of a draft that will be called `schema`."""
    sql = import_extra("psycopg.sql", "postgis")

    def do(statement: str, *parts: Any) -> None:
        connection.execute(sql.SQL(statement).format(*parts))

    if connection.execute(_SCHEMA, (LATEST,)).fetchone() is None:
        do("CREATE SCHEMA {}", sql.Identifier(LATEST))
    about = f"{MARK}{schema.removeprefix('run_')}: views of the run that was written last"
    do("COMMENT ON SCHEMA {} IS {}", sql.Identifier(LATEST), sql.Literal(about))
    there = connection.execute(_RELATIONS, (LATEST,)).fetchall()
    for name in [n for n, is_view, comment in there if is_view and MARK in comment]:
        if name not in names:
            _check_bare(connection, LATEST, [name])
            do("DROP VIEW {}", sql.Identifier(LATEST, name))
    shown, new = _columns(connection, LATEST), _columns(connection, draft)
    abouts = {name: comment for name, _, comment in connection.execute(_RELATIONS, (draft,))}
    for name in names:
        view, old = sql.Identifier(LATEST, name), shown.get(name, {})
        rights: list[Any] = []
        kinds = [(n, kind) for n, (kind, _) in old.items()]
        if kinds != [(n, kind) for n, (kind, _) in new[name].items()][: len(old)]:
            rights = connection.execute(_RIGHTS, (LATEST, name)).fetchall()
            _check_bare(connection, LATEST, [name])
            do("DROP VIEW {}", view)
            old = {}
        do("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", view, sql.Identifier(draft, name))
        _grant(connection, rights, sql.SQL("TABLE {}").format(view), new[name])
        do("COMMENT ON VIEW {} IS {}", view, sql.Literal(abouts[name]))
        for column, (kind, comment) in new[name].items():
            if old.get(column) != (kind, comment):
                spot = sql.Identifier(LATEST, name, column)
                do("COMMENT ON COLUMN {} IS {}", spot, sql.Literal(comment))


def _columns(connection: Any, schema: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Table or view -> its columns in order -> their type and comment."""
    out: dict[str, dict[str, tuple[str, str]]] = {}
    for name, column, kind, comment in connection.execute(_COLUMNS, (schema,)):
        out.setdefault(name, {})[column] = (kind, comment)
    return out


def _grant(
    connection: Any,
    rights: Iterable[tuple[str, str, bool, str]],
    on: Any,
    columns: Collection[str] = (),
) -> None:
    """Give rights again: role (blank for all), privilege, may it be passed on, column (blank for all).

    Rights on a column that is no longer there are left out.
    """
    sql = import_extra("psycopg.sql", "postgis")
    for role, privilege, passed, column in rights:
        if column and column not in columns:
            continue
        to = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        part = sql.SQL(" ({})").format(sql.Identifier(column)) if column else sql.SQL("")
        what = sql.SQL(_PRIVILEGES[privilege]) + part
        words = sql.SQL("GRANT {} ON {} TO {}").format(what, on, to)
        connection.execute(words + sql.SQL(" WITH GRANT OPTION") if passed else words)


_PRIVILEGES = {
    name: name
    for name in (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
        *("USAGE", "CREATE", "MAINTAIN"),
    )
}
