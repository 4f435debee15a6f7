"""Routines of the tests' own, and what reached the server of a call."""
import contextlib
import itertools
import os

from support.server import Schema

_numbers = itertools.count(1)


@contextlib.contextmanager
def routines(server, *statements):
    """A schema with routines, one statement each, for all tests of a file."""
    name = f"c_{os.getpid()}_{next(_numbers)}"
    server.sql(f"CREATE DATABASE {name}")
    schema = Schema(server, name)
    schema.sql("DELIMITER $$\n" + "".join(f"{text}$$\n" for text in statements))
    try:
        yield schema
    finally:
        server.sql(f"DROP DATABASE IF EXISTS {name}")


@contextlib.contextmanager
def logged(server):
    """The statements that the server got meanwhile, in a list that is filled at the end; without
    what marsh asks of information_schema, and what only sets up or ends a connection."""
    sent = []
    mark = "the tests' own"
    server.sql(
        "SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1"
    )
    try:
        yield sent
    finally:
        server.sql("SET GLOBAL general_log = 0")
        found = server.sql(
            f"SELECT /* {mark} */ REPLACE(argument, '\\n', ' ') FROM mysql.general_log"
            " WHERE command_type IN ('Query', 'Prepare', 'Execute')"
        ).splitlines()
        plumbing = ("SET GLOBAL", "SET NAMES", "SET SESSION", "select @@version_comment")
        sent += [
            line
            for line in found
            if "information_schema" not in line and not line.startswith(plumbing)
        ]
