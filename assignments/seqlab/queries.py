"""Runs a query in SQL on tables in memory: for tests of answers that are queries.

The query may read these tables and nothing else: it cannot write, open a file or run for ever.
"""

import sqlite3

from seqlab.arrays import CheckError
from seqlab.failures import kind_of

MOST_ROWS = 10_000
# Of SQLite's own machine: about a second.
MOST_STEPS = 20_000_000
MOST_CHARACTERS = 1_000_000
# The rest is denied: writing, attaching another database, pragmas.
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def rows(name, query, tables):
    """Return the rows of a query as a list of tuples; CheckError if it fails. `name`: for messages.

    tables: by name, a pair of column names and rows, {"runs": (("run", "loss"), [("a", 0.5)])}.
    """
    if not isinstance(query, str):
        raise CheckError(f"{name} should be a text; it is {kind_of(query)}.")
    database = sqlite3.connect(":memory:")
    try:
        for table, (columns, values) in tables.items():
            database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            marks = ", ".join("?" for _ in columns)
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        database.commit()
        return _result(name, query, database)
    finally:
        database.close()


def _result(name, query, database):
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CHARACTERS)
    database.set_authorizer(_authorize)
    database.set_progress_handler(lambda: 1, MOST_STEPS)
    try:
        found = database.execute(query).fetchmany(MOST_ROWS + 1)
    except sqlite3.DatabaseError as error:
        text = str(error)
        if text == "interrupted":
            text = "it takes too long"
        elif "authorized" in text or "prohibited" in text:
            text = "it may only read the tables"
        raise CheckError(f"{name} does not run: {text}.") from None
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise CheckError(f"{name} does not run: {error}.") from None
    if len(found) > MOST_ROWS:
        raise CheckError(f"{name} returns more than {MOST_ROWS} rows.")
    return found


def _authorize(action, first, second, *_):
    is_extension = action == sqlite3.SQLITE_FUNCTION and "load_extension" in (first, second)
    return sqlite3.SQLITE_OK if action in _ALLOWED and not is_extension else sqlite3.SQLITE_DENY
