"""What a session knows of what its statements have left on the server, however they are written."""
import pytest

from support.proxy import Proxy
from support.run import wait_until
from support.terminal import Shell
from test_sessions import documents

ROUTINES = """
CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b INT);
CREATE TABLE log (i INT);
CREATE FUNCTION pure() RETURNS INT RETURN 1;
DELIMITER //
CREATE FUNCTION leaves() RETURNS INT BEGIN SET @left = 5; RETURN 1; END//
CREATE FUNCTION writes() RETURNS INT BEGIN INSERT INTO log VALUES (1); RETURN 1; END//
"""
TRIGGER = "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @seen = NEW.b"
NOT_SENT = "ERROR: not sent: LAST_INSERT_ID() was lost with the connection"
GONE = "ERROR 2006 (HY000): The server has closed the connection; the statement was not sent"


@pytest.fixture
def own(schema):
    schema.sql(ROUTINES)
    return schema


@pytest.fixture
def shell(home, own):
    with Shell(home, own, columns=200, prompt="> ") as shell:
        yield shell


def pinned_by(shell):
    shell.run("\\format json")
    (rows,) = documents(shell.run("\\sessions"))
    shell.run("\\format auto")
    return rows[0]["pinned_by"] or ""


def killed(shell, server):
    connection = shell.value("CONNECTION_ID()")
    server.sql(f"KILL {connection}")
    query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
    wait_until(lambda: server.value(query) == "0", f"connection {connection} to end")


PINS = {
    "a comment for another server": ("SELECT 1 /*!999999 INTO @a */;", ""),
    "a comment for MySQL": ("SELECT 1 /*!50700 INTO @a */;", ""),
    "a comment for this server": ("SELECT 1 /*!50000 INTO @a */;", "@a"),
    "a comment for MariaDB": ("SELECT 1 /*M!50700 INTO @a */;", "@a"),
    "a temporary sequence": ("CREATE TEMPORARY SEQUENCE s;", "1 temporary table"),
    "a dropped sequence": ("CREATE TEMPORARY SEQUENCE s; DROP SEQUENCE s;", ""),
    "a handler": ("HANDLER t OPEN AS h;", "handler h"),
    "a closed handler": ("HANDLER t OPEN AS h; HANDLER h CLOSE;", ""),
    "diagnostics": ("GET DIAGNOSTICS @p = NUMBER;", "@p"),
    "a backup stage": ("BACKUP STAGE START; UNLOCK TABLES;", "BACKUP STAGE"),
    "a backup that is over": ("BACKUP STAGE START; BACKUP STAGE END;", ""),
    "a lock taken twice": ("DO GET_LOCK('x', 0), GET_LOCK('x', 0), RELEASE_LOCK('x');", "lock x"),
    "a lock given back twice": (
        "DO GET_LOCK('x', 0), GET_LOCK('x', 0); DO RELEASE_LOCK('x'); DO RELEASE_LOCK('x');", "",
    ),
    "table locks that BEGIN ends": ("LOCK TABLES t READ; BEGIN; ROLLBACK;", ""),
    "a renamed table": (
        "CREATE TEMPORARY TABLE a (i INT); ALTER TABLE a RENAME b; DROP TABLE b;", "",
    ),
    "another schema's table": (
        "CREATE TEMPORARY TABLE mysql.x (i INT); CREATE TEMPORARY TABLE x (i INT); DROP TABLE x;",
        "1 temporary table",
    ),
    "what EXECUTE may lock": (
        "EXECUTE IMMEDIATE 'LOCK TABLES t READ';", "what may be left of EXECUTE LOCK TABLES",
    ),
    "a compound statement's lock": (
        "DELIMITER //\nBEGIN NOT ATOMIC DO GET_LOCK('x', 0); END//\nDELIMITER ;", "lock x",
    ),
    "a quoted name": (
        "SET sql_mode = 'ANSI_QUOTES'; CREATE TEMPORARY TABLE \"a b\" (i INT);",
        "1 temporary table, setting sql_mode",
    ),
    "a quoted setting": ("SET @@session.`lock_wait_timeout` = 7;", "setting lock_wait_timeout"),
    "what GLOBAL goes for": ("SET GLOBAL sync_binlog = 0, max_error_count = 64;", ""),
    "a collation": (
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin;", "setting collation_connection",
    ),
    "a character set": (
        "SET character_set_results = NULL;", "setting character_set_results",
    ),
    "a character set that is put back": ("SET character_set_results = NULL; SET NAMES utf8mb4;", ""),
    "a function of the server's": ("SELECT ABS(1), COUNT(*) FROM t;", ""),
    "a function that leaves nothing": ("DO pure();", ""),
    "one that has rows": ("SELECT pure();", "what may be left of SELECT"),
    "a function that leaves something": ("DO leaves();", "what may be left of DO"),
    "a quoted one": ("SET @a = 1; DO `leaves` ();", "@a, what may be left of DO"),
    "one in the table that is made": (
        "CREATE TEMPORARY TABLE u (i INT) AS SELECT leaves() AS i;",
        "1 temporary table, what may be left of CREATE TEMPORARY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PINS)
def test_what_pins(shell, name):
    statements, what = PINS[name]
    for line in statements.split("\n"):
        assert "ERROR" not in shell.run(line)
    assert pinned_by(shell) == what


def test_a_trigger_is_seen_where_the_server_is_asked(shell, own):
    own.sql(TRIGGER)
    shell.run("DO pure();")
    assert pinned_by(shell) == ""
    shell.run("INSERT INTO log VALUES (1);")
    assert pinned_by(shell) == ""
    shell.run("INSERT INTO t (b) VALUES (1);")
    assert pinned_by(shell) == "what may be left of INSERT"


@pytest.mark.parametrize(
    "text",
    [
        "/*!999999 SELECT */ DROP TABLE log",
        "SET @@session.`autocommit` = 1",
        "SET @@local . autocommit = 1",
        "SET SESSION `autocommit` = 1",
    ],
)
def test_a_scope_refuses_what_commits_however_it_is_written(own, text):
    result = own.marsh("--scope", "-e", f"INSERT INTO log VALUES (1); {text}")
    assert (result.status, own.value("SELECT COUNT(*) FROM log")) == (1, "0")
    assert "not sent: within the scope" in result.err


def test_a_scope_takes_what_only_another_server_would_run(own):
    text = "INSERT INTO log VALUES (1); /*!999999 CREATE TABLE y AS */ SELECT 1"
    result = own.marsh("--scope", "-e", text)
    assert result.status == 0, result
    assert own.value("SELECT COUNT(*) FROM log") == "1"


def test_a_lost_function_may_have_written(home, own):
    with Proxy(own.server.socket, at=b"SELECT writes()", then="swallow") as proxy:
        marsh = own.server.home.marsh.using(
            "--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"-D{own.name}"
        )
        result = marsh("-e", "SELECT writes()")
    assert result.status != 0
    assert "The outcome of the SELECT is unknown: it may have been carried out or not." in result.err
    assert own.value("SELECT COUNT(*) FROM log") == "1"


# What is lost without having pinned anything.


def test_last_insert_id_is_not_asked_of_another_connection(shell, server, own):
    shell.run("INSERT INTO t (b) VALUES (1);")
    assert shell.value("LAST_INSERT_ID()") == "1"
    killed(shell, server)
    assert shell.run("INSERT INTO log VALUES (LAST_INSERT_ID());") == NOT_SENT
    assert own.value("SELECT COUNT(*) FROM log") == "0"
    assert shell.value("LAST_INSERT_ID()") == "0"


# Prepared XA transactions.


@pytest.fixture
def branch(own):
    name = f"x{own.name}"
    yield name
    listed = own.sql("XA RECOVER")
    if name in listed:
        own.sql(f"XA ROLLBACK '{name}'")


def test_a_prepared_xa_transaction_is_kept(shell, server, own, branch):
    shell.run(f"XA START '{branch}'; INSERT INTO log VALUES (1); XA END '{branch}';")
    assert pinned_by(shell) == "transaction with 3 statements"
    connection = own.server.value(
        "SELECT id FROM information_schema.processlist WHERE command = 'Sleep' "
        f"AND db = '{own.name}'"
    )
    shell.run(f"XA PREPARE '{branch}';")
    server.sql(f"KILL {connection}")
    query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
    wait_until(lambda: server.value(query) == "0", f"connection {connection} to end")
    assert shell.run(f"XA COMMIT '{branch}';") == (
        f"{GONE}\nThe XA transaction '{branch}' is prepared and is kept by the server."
    )
    shell.run(f"XA COMMIT '{branch}';")
    assert own.value("SELECT COUNT(*) FROM log") == "1"
