"""LOAD DATA LOCAL INFILE: what a statement names is loaded as the reference client does it, and
what can't be read leaves no part of it and a connection as good as before."""
import os
import signal
import subprocess

import pytest

ROWS = b"".join(b"%d\tname \xc3\xa4 %d\\tx\n" % (i, i) for i in range(20000)) + b"-1\t\\N\nlast\n"
SUM = "SELECT COUNT(*), SUM(a), SUM(CRC32(b)), SUM(b IS NULL) FROM t"


@pytest.fixture
def table(schema):
    schema.sql("CREATE TABLE t (a INT, b TEXT)")
    schema.marsh = schema.marsh.using("-N")
    return schema


def load(name, options=""):
    return f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE t {options}"


def test_the_rows_are_those_that_the_reference_client_loads(table, tmp_path):
    file = tmp_path / "rows.tsv"
    file.write_bytes(ROWS)
    statement = "SET sql_mode = ''; " + load(file)
    found = []
    for client in table.marsh, table.reference.using("--local-infile=1"):
        result = client("-e", statement)
        assert (result.out, result.err, result.status) == (b"", "", 0)
        found.append(table.value(SUM + "; TRUNCATE t"))
    assert found[0] == found[1]
    assert found[0].split("\t")[0] == "20002"


@pytest.mark.parametrize(
    "statement",
    [
        "LOAD DATA LOW_PRIORITY LOCAL INFILE 'rows' INTO TABLE t",
        "load data concurrent local infile \"rows\" into table t",
        "SET STATEMENT max_statement_time = 60 FOR LOAD DATA LOCAL INFILE 'rows' INTO TABLE t",
        "/*!50100 LOAD DATA */ LOCAL/**/INFILE'rows' REPLACE INTO TABLE t",
        "LOAD DATA LOCAL INFILE './in/../rows' INTO TABLE t FIELDS TERMINATED BY '\\t' (a, b)",
    ],
)
def test_forms_of_the_statement(table, tmp_path, statement):
    (tmp_path / "in").mkdir()
    (tmp_path / "rows").write_text("1\tone\n2\ttwo\n")
    result = table.marsh("-e", statement, cwd=tmp_path)
    assert result == (b"", "", 0)
    assert table.value("SELECT GROUP_CONCAT(a, b) FROM t") == "1one,2two"


def test_xml(table, tmp_path):
    (tmp_path / "rows.xml").write_text("<r><row a='1' b='one'/><row><a>2</a><b>two</b></row></r>")
    result = table.marsh("-e", "LOAD XML LOCAL INFILE 'rows.xml' INTO TABLE t", cwd=tmp_path)
    assert result == (b"", "", 0)
    assert table.value("SELECT GROUP_CONCAT(a, b) FROM t") == "1one,2two"


@pytest.mark.parametrize(
    "name, written, mode",
    [
        ("it's", "'it''s'", ""),
        ("it's", "'it\\'s'", ""),
        ('say "x"', '"say ""x"""', ""),
        ("a\\b", "'a\\\\b'", ""),
        ("a\tb\nc", "'a\\tb\\nc'", ""),
        ("a\\_b", "'a\\_b'", ""),
        ("ä €", "'ä €'", ""),
        ("a\\tb", "'a\\tb'", "NO_BACKSLASH_ESCAPES"),
        ("ends\\", "'ends\\'", "NO_BACKSLASH_ESCAPES"),
    ],
)
def test_names_are_read_as_the_server_reads_them(table, tmp_path, name, written, mode):
    (tmp_path / name).write_text("7\n")
    script = f"SET sql_mode = '{mode}';\nLOAD DATA LOCAL INFILE {written} INTO TABLE t;\nSELECT a FROM t;\n"
    assert table.marsh(stdin=script, cwd=tmp_path) == (b"7\n", "", 0)


def test_a_text_of_many_statements_has_each_of_its_files(table, tmp_path):
    (tmp_path / "1").write_text("1\n")
    (tmp_path / "2").write_text("2\n")
    script = f"DELIMITER //\n{load('1')}; SELECT 'on'; {load('2')}//\nSELECT SUM(a), COUNT(*) FROM t//\n"
    assert table.marsh(stdin=script, cwd=tmp_path) == (b"on\n3\t2\n", "", 0)


UNREADABLE = [
    ("nosuch", "No such file or directory"),
    ("", None),
    (".", "Is a directory"),
    ("rows/x", "Not a directory"),
    ("/proc/self/mem", "Input/output error"),
]


@pytest.mark.parametrize("name, reason", UNREADABLE)
def test_what_can_not_be_read(table, tmp_path, name, reason):
    """The error has errno's words and the place; the connection is as good as before."""
    (tmp_path / "rows").write_text("1\n")
    text = reason and f"{name}: {reason}"
    text = text or "the server asks for a file that the statement does not name: "
    script = f"SET @a = CONNECTION_ID();\n\n{load(name)};\nSELECT @a = CONNECTION_ID(), (SELECT COUNT(*) FROM t);\n"
    result = table.marsh("-f", stdin=script, cwd=tmp_path)
    assert result == (b"1\t0\n", f"ERROR at stdin:3: {text}\n1 error\n", 1)
    assert table.marsh(stdin=script, cwd=tmp_path) == (b"", f"ERROR at stdin:3: {text}\n", 1)


def test_nothing_behind_a_file_that_is_missing_runs(table, tmp_path):
    """Of statements in one text, which the server would go on with: so the connection ends."""
    script = f"DELIMITER //\n{load('nosuch')}; INSERT INTO t VALUES (1, 'no'); SELECT 2//\n"
    result = table.marsh("-f", stdin=script, cwd=tmp_path)
    error = "ERROR at stdin:2: the connection is given up, as statements behind this one would run:"
    error += " nosuch: No such file or directory\n"
    assert (result.out, result.err.startswith(error), result.status) == (b"", True, 3)
    table.server.wait_not_running("nosuch")
    assert table.value("SELECT COUNT(*) FROM t") == "0"


def test_a_file_that_is_missing_in_a_last_statement_costs_no_connection(table, tmp_path):
    script = f"DELIMITER //\nSET @a = CONNECTION_ID(); {load('nosuch')};//\n"
    script += "SELECT @a = CONNECTION_ID(), (SELECT COUNT(*) FROM t)//\n"
    result = table.marsh("-f", stdin=script, cwd=tmp_path)
    error = "ERROR at stdin:2: nosuch: No such file or directory\n1 error\n"
    assert result == (b"1\t0\n", error, 1)


def test_a_transaction_outlives_a_file_that_is_missing(table, tmp_path):
    script = f"BEGIN;\nINSERT INTO t VALUES (1, 'x');\n{load('nosuch')};\nCOMMIT;\nSELECT a FROM t;\n"
    result = table.marsh("-f", stdin=script, cwd=tmp_path)
    error = "ERROR at stdin:3: nosuch: No such file or directory\n1 error\n"
    assert result == (b"1\n", error, 1)


def test_no_file_for_a_prepared_statement(table, tmp_path):
    file = tmp_path / "rows"
    file.write_text("1\n")
    reason = f"the server asks for a file that the statement does not name: {file}\n"
    statement = load(file, "SET b = :x")
    result = table.marsh("--param=x=1", "-e", statement)
    assert result == (b"", "ERROR at -e:1: " + reason, 1)
    script = f'PREPARE s FROM "{load(file)}";\nEXECUTE s;\nSELECT COUNT(*) FROM t;\n'
    result = table.marsh("-f", stdin=script)
    assert result == (b"0\n", "ERROR at stdin:2: " + reason + "1 error\n", 1)


@pytest.mark.parametrize("option, status", [("--compress", "Compression"), ("--ssl", "Ssl_cipher")])
def test_over_tls_and_compressed(tls_server, tmp_path, option, status):
    """A file that is sent, and one that is missing, after which the connection is still good."""
    (tmp_path / "rows").write_bytes(ROWS)
    script = "SET @a = CONNECTION_ID(), sql_mode = '';\n"
    script += "CREATE TEMPORARY TABLE t (a INT, b TEXT);\n"
    script += f"{load('nosuch')};\n{load('rows')};\n"
    script += "SELECT COUNT(*), SUM(CRC32(b)) > 0, @a = CONNECTION_ID() FROM t;\n"
    script += "SELECT variable_value IN ('', 'OFF') FROM information_schema.session_status"
    script += f" WHERE variable_name = '{status}';\n"
    marsh = tls_server.marsh.using("-N", "-f", "-Dshop", option)
    error = "ERROR at stdin:3: nosuch: No such file or directory\n1 error\n"
    assert marsh(stdin=script, cwd=tmp_path) == (b"20002\t1\t1\n0\n", error, 1)


def test_it_can_be_forbidden(table, tmp_path):
    file = tmp_path / "rows"
    file.write_text("1\n")
    error = "ERROR 4166 (HY000) at -e:1: The used command is not allowed because the MariaDB server"
    error += " or client has disabled the local infile capability\n"
    assert table.marsh("--local-infile=0", "-e", load(file)) == (b"", error, 1)
    assert table.marsh("--local-infile=1", "-e", load(file)) == (b"", "", 0)
    assert table.value("SELECT COUNT(*) FROM t") == "1"


def test_the_sandbox_refuses_it(table, tmp_path):
    file = tmp_path / "rows"
    file.write_text("1\n")
    script = f"\\sandbox\n{load(file)};\nSELECT COUNT(*) FROM t;\n"
    error = "ERROR at stdin:2: LOAD ... LOCAL INFILE is refused in sandbox mode\n1 error\n"
    assert table.marsh("-f", stdin=script) == (b"0\n", error, 1)


def test_a_pipe(table, tmp_path):
    assert table.marsh("-e", load("/dev/stdin"), stdin=ROWS[:-5]).status == 0
    assert table.value("SELECT COUNT(*) FROM t") == "20001"


def test_what_comes_through_a_fifo_little_by_little(table, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = table.marsh.start("-e", load(fifo) + "; SELECT COUNT(*) FROM t")
    with open(fifo, "wb") as writer:
        for i in range(50):
            writer.write(b"%d\tx\n" % i)
            writer.flush()
    assert process.communicate(timeout=60) == (b"50\n", b"")


def test_retry_needs_what_can_be_read_again(table, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    result = table.marsh("--retry=1", "-e", load(fifo))
    error = f"ERROR at -e:1: {fifo}: --retry needs files, which can be read again\n"
    assert result == (b"", "The scope is rolled back.\n" + error, 1)


def test_an_interrupt_while_the_file_is_awaited(table, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = table.marsh.start("-e", load(fifo))
    table.server.wait_running(str(fifo))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 130)
    assert b"interrupted" in err
    assert table.value("SELECT COUNT(*) FROM t") == "0"


def test_an_interrupt_in_the_midst_of_the_file_leaves_nothing_of_it(table, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = table.marsh.start("-e", load(fifo))
    with open(fifo, "wb") as writer:
        writer.write(ROWS[: 1 << 18])
        writer.flush()
        table.server.wait_running(str(fifo))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    error = b"ERROR 1317 (70100) at -e:1: Query execution was interrupted\n"
    assert (out, err, process.returncode) == (b"", error, 130)
    assert table.value("SELECT COUNT(*) FROM t") == "0"


def test_a_server_that_goes_away_while_the_file_is_awaited(table, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = table.marsh.start("-e", load(fifo), stdin=subprocess.DEVNULL)
    (number,) = table.server.wait_running(str(fifo))
    table.server.sql(f"KILL CONNECTION {number}")
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 3)
    assert err.startswith(b"ERROR ") and b"at -e:1: " in err
