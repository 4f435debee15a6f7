"""`marsh copy` and `marsh table`: rows between files, tables and targets."""
import json
import os
import stat

import pytest

from support.run import is_sanitized, peak_kb, succeeded

TYPES = r"""
CREATE TABLE a(id INT AUTO_INCREMENT PRIMARY KEY, b BIT(12), d DECIMAL(65,30), u BIGINT UNSIGNED,
  f DOUBLE, bl BLOB, vb VARBINARY(20), bn BINARY(4), tx TEXT, js JSON, dt DATETIME(6), ti TIME(3),
  ts TIMESTAMP(6) NULL, y YEAR, en ENUM('a','b,c','d"e'), st SET('x','y'), uu UUID, i6 INET6,
  g GEOMETRY, pt POINT, gen INT AS (y * 2) STORED, gv INT AS (y + 1) VIRTUAL, z INT(8) ZEROFILL,
  `odd ``name, "here` INT);
SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO');
INSERT INTO a(id,b,d,u,f,bl,vb,bn,tx,js,dt,ti,ts,y,en,st,uu,i6,g,pt,z,`odd ``name, "here`) VALUES
(0,b'101010101010',12345678901234567890123456789012345.123456789012345678901234567890,
 18446744073709551615,1.7976931348623157e308,x'000102ff27220d0a5c09','0x41',x'61',
 'tab\t nl\n cr\r q" , ''\\ \0 end','{"a":[1,"x"]}','2024-02-29 23:59:59.999999','-838:59:59.123',
 '2024-06-01 12:00:00.123456',2024,'b,c','x,y','123e4567-e89b-12d3-a456-426614174000','::1',
 ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))',4326),POINT(1.5,-2),42,-1),
(1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
 NULL,NULL),
(2,b'0',0,0,0,'','','','','{}','0000-00-00','0','2000-01-01',1901,'a','',
 '00000000-0000-0000-0000-000000000000','::',POINT(0,0),POINT(0,0),0,0),
(3,53,-1,1,-0.1,'\\N','\\N','\\N','\\N','"NULL"','1000-01-01','-0:0:0.001',NULL,2155,'d"e','y',
 'ffffffff-ffff-ffff-ffff-ffffffffffff','ffff::',
 ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))'),POINT(1e300,1e-300),1,1),
(4,1,1,1,1,REPEAT(x'f09f9880',1000),'0xAB','a','😀 ü','[]','2024-01-01','1:1:1','2024-01-01',2000,
 'a','x',UUID(),'1::',POINT(1,1),POINT(1,1),5,2);
CREATE TABLE b LIKE a;
"""


@pytest.fixture
def types(schema):
    schema.sql(TYPES)
    return schema


@pytest.fixture
def numbers(schema):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, v VARCHAR(20) NOT NULL DEFAULT 'none')")
    return schema


def checksum(schema, table):
    return schema.value(f"CHECKSUM TABLE {table}").split("\t")[1]


def content(schema, table="n"):
    return schema.sql(f"SELECT * FROM {table} ORDER BY 1").splitlines()


def file(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


# Whole tables, there and back


@pytest.mark.parametrize("extension", ["csv", "tsv", "jsonl"])
def test_a_table_comes_back_from_a_file_as_it_was(types, tmp_path, extension):
    path = tmp_path / f"a.{extension}"
    assert succeeded(types.marsh("copy", "a", path)) == (b"", "", 0)
    assert succeeded(types.marsh("copy", path, "b")) == (b"", "", 0)
    assert checksum(types, "b") == checksum(types, "a")


def test_a_table_is_copied_into_another(types):
    succeeded(types.marsh("copy", "a", f"`{types.name}`.b"))
    assert checksum(types, "b") == checksum(types, "a")


def test_instants_are_the_same_in_another_time_zone(types, own_server):
    own_server.sql(f"SET GLOBAL time_zone='+05:00'; CREATE DATABASE elsewhere; USE elsewhere;{TYPES}"
                   "TRUNCATE a;")
    url = f"mysql://root@localhost/elsewhere?socket={own_server.socket}"
    succeeded(types.marsh("copy", "a", url, "a"))
    question = "SELECT GROUP_CONCAT(UNIX_TIMESTAMP(ts) ORDER BY id) FROM"
    assert own_server.value(f"{question} elsewhere.a") == types.value(f"{question} a")
    # And back, out of the other one.
    succeeded(types.marsh("copy", url, "a", f"mysql://root@localhost/{types.name}?socket="
                          f"{types.server.socket}", "b"))
    assert checksum(types, "b") == checksum(types, "a")


def test_columns_that_are_hidden_are_copied_too(schema):
    schema.sql("CREATE TABLE a(id INT, h INT INVISIBLE DEFAULT 7); INSERT INTO a(id, h) VALUES(1, 2);"
               "CREATE TABLE b LIKE a")
    succeeded(schema.marsh("copy", "a", "b"))
    assert schema.value("SELECT id, h FROM b") == "1\t2"


def test_the_rows_of_a_query_are_copied(numbers):
    succeeded(numbers.marsh("copy", "SELECT seq id, CONCAT('v', seq) v FROM seq_1_to_12345;", "n"))
    assert numbers.value("SELECT COUNT(*), SUM(id), MIN(v) FROM n") == "12345\t76205685\tv1"


def test_a_query_binds_values(numbers):
    succeeded(numbers.marsh("copy", "--param", "id=3", "--param", "v=a'b",
                            "SELECT :id AS id, :v AS v", "n"))
    assert content(numbers) == ["3\ta'b"]


# What a file may look like


def test_columns_go_by_their_names(numbers, tmp_path):
    path = file(tmp_path, "n.csv", "V,other,ID\na,x,1\nb,y,2\n")
    succeeded(numbers.marsh("copy", "--map", "other=", path, "n"))
    assert content(numbers) == ["1\ta", "2\tb"]


def test_columns_are_mapped(numbers, tmp_path):
    path = file(tmp_path, "n.tsv", "number\ttext\n1\ta\\tb\n")
    succeeded(numbers.marsh("copy", "--map=number=id", "--map=text=v", path, "n"))
    assert content(numbers) == ["1\ta\\tb"]


def test_keys_that_a_line_lacks_are_the_columns_defaults(numbers, tmp_path):
    path = file(tmp_path, "n.jsonl", '{"id":1,"v":"a"}\n{"id":2}\n{"v":"c","id":3}\n')
    succeeded(numbers.marsh("copy", path, "n"))
    assert content(numbers) == ["1\ta", "2\tnone", "3\tc"]
    single = file(tmp_path, "one.jsonl", '{"id":4,"v":"d"}\n')
    single.write_text('{"id":4,"v":"d"}\n{"id":5}\n')
    succeeded(numbers.marsh("copy", "--batch", "1", single, "n"))
    assert content(numbers)[3:] == ["4\td", "5\tnone"]


def test_standard_input_and_output(numbers):
    succeeded(numbers.marsh("copy", "jsonl:-", "n", stdin='{"id":1,"v":"a"}\n'))
    succeeded(numbers.marsh("copy", "-", "n", stdin="id,v\n2,b\n"))
    assert numbers.marsh("copy", "n", "-") == (b"id,v\r\n1,a\r\n2,b\r\n", "", 0)
    assert numbers.marsh("copy", "n", "tsv:-") == (b"id\tv\n1\ta\n2\tb\n", "", 0)


def test_an_empty_file_is_no_rows(numbers, tmp_path):
    for name, text in [("a.csv", "id,v\n"), ("b.jsonl", ""), ("c.tsv", "")]:
        assert numbers.marsh("copy", file(tmp_path, name, text), "n") == (b"", "", 0)
    assert content(numbers) == []


def test_a_zero_stays_a_zero_and_null_is_counted_up(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    succeeded(schema.marsh("copy", file(tmp_path, "n.csv", "id,v\n0,1\n7,2\n,3\n"), "n"))
    assert content(schema) == ["0\t1", "7\t2", "8\t3"]


def test_ids_are_counted_up_in_the_files_order(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    text = "v\n" + "".join(f"{i}\n" for i in range(1, 20001))
    succeeded(schema.marsh("copy", "--batch", "100", file(tmp_path, "n.csv", text), "n"))
    assert schema.sql("SELECT v FROM n ORDER BY id").split() == [str(i) for i in range(1, 20001)]


def test_rows_that_refer_to_earlier_ones_find_them(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, up INT, FOREIGN KEY(up) REFERENCES n(id))")
    text = "id,up\n1,\n" + "".join(f"{i},{i - 1}\n" for i in range(2, 3001))
    succeeded(schema.marsh("copy", "--batch", "10", file(tmp_path, "n.csv", text), "n"))
    assert schema.value("SELECT COUNT(*) FROM n") == "3000"


def test_bytes_and_bits_and_places_as_people_write_them(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT, b BIT(8), x BLOB, p POINT)")
    text = 'id,b,x,p\n1,5,0xFF00,POINT(1 2)\n2,b\'11\',0xF,\n3,0x1f,text,"POINT(3 4)"\n'
    succeeded(schema.marsh("copy", file(tmp_path, "n.csv", text), "n"))
    question = "SELECT id, b + 0, HEX(x), ST_AsText(p) FROM n ORDER BY id"
    assert schema.sql(question).splitlines() == [
        "1\t5\tFF00\tPOINT(1 2)",
        "2\t3\t307846\tNULL",
        "3\t31\t74657874\tPOINT(3 4)",
    ]
    schema.sql("TRUNCATE n")
    text = '{"id":1,"b":5,"x":"/wA=","p":"POINT(1 2)"}\n{"id":2,"b":6,"x":"not base64","p":null}\n'
    path = file(tmp_path, "n.jsonl", text)
    result = schema.marsh("copy", path, "n")
    assert result == (
        b"",
        "1 row copied, 1 failed.\n"
        f"ERROR at {path}:2: x: bytes in JSON are base64, which this is not\n",
        1,
    )
    assert schema.sql(question) == "1\t5\tFF00\tPOINT(1 2)\n"


def test_a_row_may_be_large(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT, v LONGTEXT)")
    sizes = [0, 10, 5_000_000, 3, 2_000_000, 1]
    text = "id,v\n" + "".join(f'{i},"{"x" * size}"\n' for i, size in enumerate(sizes))
    succeeded(schema.marsh("copy", file(tmp_path, "n.csv", text), "n"))
    assert [int(line) for line in schema.sql("SELECT LENGTH(v) FROM n ORDER BY id").split()] == sizes


def test_a_table_of_many_columns(schema, tmp_path):
    names = [f"c{i}" for i in range(900)]
    schema.sql(f"CREATE TABLE n({','.join(f'{name} TINYINT' for name in names)})")
    lines = [",".join(names)] + [",".join([str(row % 100)] * 900) for row in range(300)]
    succeeded(schema.marsh("copy", file(tmp_path, "n.csv", "\n".join(lines) + "\n"), "n"))
    assert schema.value("SELECT COUNT(*), SUM(c0), SUM(c899) FROM n") == "300\t14850\t14850"


def test_names_may_be_anything(schema, tmp_path):
    schema.sql("CREATE TABLE `od``d, \"t.csv`(`a ``b` INT, `;--` INT)")
    path = file(tmp_path, "n.csv", "a `b,;--\n1,2\n")
    succeeded(schema.marsh("copy", path, '`od``d, "t.csv`'))
    assert schema.marsh("table", '`od``d, "t.csv`') == (b"a `b\t;--\n1\t2\n", "", 0)


def test_empty_strings_are_no_nulls(schema, tmp_path):
    schema.sql("CREATE TABLE n(s VARCHAR(9)); CREATE TABLE m LIKE n")
    succeeded(schema.marsh("copy", file(tmp_path, "n.csv", 's\n""\n""\n\nx\n'), "n"))
    succeeded(schema.marsh("copy", "n", "m"))
    for table in "nm":
        assert schema.value(f"SELECT SUM(s = ''), SUM(s IS NULL), SUM(s = 'x') FROM {table}") == "2\t1\t1"


def test_what_autocommit_says_does_not_matter(numbers, tmp_path):
    path = file(tmp_path, "n.csv", "id,v\n1,a\n")
    succeeded(numbers.marsh("--autocommit=0", "copy", path, "n"))
    succeeded(numbers.marsh("--autocommit=0", "copy", "--scope", "SELECT 2 AS id, 'b' AS v", "n"))
    assert content(numbers) == ["1\ta", "2\tb"]


def test_a_condition_is_meant_in_the_sessions_own_time_zone(schema):
    schema.sql("CREATE TABLE n(id INT, ts TIMESTAMP); CREATE TABLE m LIKE n; SET time_zone='-05:00';"
               "INSERT INTO n VALUES(1, '2024-05-31 22:00:00'), (2, '2024-06-01 00:00:00')")
    zone = ["--init-command", "SET time_zone='-05:00'"]
    succeeded(schema.marsh(*zone, "copy", "--where", "ts >= '2024-06-01'", "n", "m"))
    succeeded(schema.marsh(*zone, "copy", "SELECT id + 10 AS id, ts FROM n WHERE ts < '2024-06-01'", "m"))
    assert schema.sql("SELECT id, UNIX_TIMESTAMP(ts) FROM m ORDER BY id").splitlines() == [
        "2\t1717218000", "11\t1717210800"]  # fmt: skip


def test_zones_that_differ_are_told(schema, own_server):
    own_server.sql("SET GLOBAL time_zone='+05:00'; CREATE DATABASE own; CREATE TABLE own.m(ts TIMESTAMP)")
    own = f"mysql://root@localhost/own?socket={own_server.socket}"
    local = f"mysql://root@localhost/{schema.name}?socket={schema.server.socket}"
    client = schema.server.home.marsh.using("--no-defaults")
    result = client("copy", local, "SELECT NOW() AS ts", own, "m")
    assert (result.out, result.status) == (b"", 1)
    assert "ERROR: the time zones differ, so that TIMESTAMP values would be other instants" in result.err
    succeeded(client("--init-command", "SET time_zone='+00:00'", "copy", local, "SELECT NOW() AS ts", own, "m"))
    assert own_server.value("SELECT ABS(TIMESTAMPDIFF(SECOND, ts, NOW())) < 60 FROM own.m") == "1"


def test_an_id_that_a_line_lacks_is_counted_up(schema):
    schema.sql("CREATE TABLE n(id INT AUTO_INCREMENT PRIMARY KEY, s CHAR(1))")
    lines = '{"id":5,"s":"a"}\n{"s":"b"}\n{"s":"c"}\n'
    succeeded(schema.marsh("copy", "jsonl:-", "n", stdin=lines))
    assert content(schema) == ["5\ta", "6\tb", "7\tc"]


def test_floats_and_years_keep_what_they_are(schema, tmp_path):
    schema.sql("CREATE TABLE n(f FLOAT, y YEAR, h INT INVISIBLE DEFAULT 1);"
               "INSERT INTO n(f, y, h) VALUES(16777217, 0, 2), (1.2345678, 2024, 3);"
               "CREATE TABLE m LIKE n")
    for extension in "csv", "tsv", "jsonl":
        path = tmp_path / f"n.{extension}"
        schema.sql("TRUNCATE m")
        succeeded(schema.marsh("copy", "n", path))
        succeeded(schema.marsh("copy", path, "m"))
        assert checksum(schema, "m") == checksum(schema, "n")


def test_a_limit_of_the_session_leaves_no_rows_out(numbers):
    numbers.sql("INSERT INTO n VALUES(1,'a'),(2,'b'); CREATE TABLE m LIKE n")
    succeeded(numbers.marsh("--init-command", "SET sql_select_limit=1", "copy", "n", "m"))
    assert len(content(numbers, "m")) == 2


def test_texts_are_the_same_whatever_the_connections_character_set(schema):
    schema.sql("CREATE TABLE n(s VARCHAR(9) CHARACTER SET utf8mb4); INSERT INTO n VALUES('Ж😀');"
               "CREATE TABLE m LIKE n")
    succeeded(schema.marsh("--default-character-set=latin1", "copy", "n", "m"))
    assert checksum(schema, "m") == checksum(schema, "n")


@pytest.mark.parametrize("text", ["DROP TABLE n", "INSERT INTO n VALUES(9, 'x')", "SET @a = 1"])
def test_what_does_not_read_is_refused_before_it_is_run(numbers, tmp_path, text):
    path = file(tmp_path, "n.csv", "old\n")
    for to in path, "n":
        result = numbers.marsh("copy", text, to)
        assert result.status == 2
        assert "is neither" in result.err
    assert path.read_text() == "old\n"
    assert content(numbers) == []


def test_a_query_without_rows_leaves_the_file_alone(numbers, tmp_path):
    path = file(tmp_path, "n.csv", "old\n")
    result = numbers.marsh("copy", "SELECT 1 INTO @x", path)
    assert (result.err, result.status) == ("ERROR: what is copied has no rows\n", 1)
    assert path.read_text() == "old\n"


def test_options_for_any_target_hold_for_both(numbers):
    url = f"mysql://root@localhost/{numbers.name}?socket={numbers.server.socket}"
    client = numbers.server.home.marsh.using("--no-defaults")
    for words in (("-", url, "n"), (url, "n", "-")):
        result = client("--init-command", "SELECT nosuch", "copy", *words, stdin="id,v\n1,a\n")
        assert result.status != 0
        assert "nosuch" in result.err


def test_files_are_refused_in_the_sandbox(numbers):
    for words in (("n", "-"), ("-", "n")):
        result = numbers.marsh("--sandbox", "copy", *words)
        assert (result.err, result.status) == ("ERROR: files are refused in sandbox mode\n", 2)


# Rows that fail


BAD = "id,v\n1,a\n2,b\n2,c\n3,d\nx,e\n4,f\n5,\n6,g,h\n7,i\n"


def test_the_first_row_that_fails_ends_it(numbers, tmp_path):
    path = file(tmp_path, "n.csv", BAD)
    result = numbers.marsh("copy", "-j1", path, "n")
    assert result == (
        b"",
        "2 rows copied, 1 failed.\n"
        f"ERROR 1062 (23000) at {path}:4: Duplicate entry '2' for key 'PRIMARY'\n",
        1,
    )
    assert content(numbers) == ["1\ta", "2\tb"]


def test_rows_that_fail_are_put_aside(numbers, tmp_path):
    path = file(tmp_path, "n.csv", BAD)
    rejects = tmp_path / "bad.csv"
    result = numbers.marsh("copy", "-j1", "--rejects", rejects, path, "n")
    assert result.status == 1
    assert result.err == (
        "5 rows copied, 4 failed.\n"
        f"ERROR 1062 (23000) at {path}:4: Duplicate entry '2' for key 'PRIMARY'\n"
    )
    assert content(numbers) == ["1\ta", "2\tb", "3\td", "4\tf", "7\ti"]
    assert sorted(rejects.read_text().splitlines()) == ["2,c", "5,", "6,g,h", "id,v", "x,e"]
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    # Mended, they are fed again.
    rejects.write_text("id,v\n2000,c\n5000,y\n")
    succeeded(numbers.marsh("copy", rejects, "n"))
    assert len(content(numbers)) == 7


def test_skipping_names_the_first_of_them(numbers, tmp_path):
    path = file(tmp_path, "n.csv", BAD)
    result = numbers.marsh("copy", "-j1", "--on-error", "skip", "--batch", "2", path, "n")
    assert result.err.splitlines()[0] == "5 rows copied, 4 failed."
    assert result.err.splitlines()[1].startswith(f"ERROR 1062 (23000) at {path}:4: ")
    assert result.status == 1


def test_many_bad_rows_among_many_good_ones(numbers, tmp_path):
    lines = [f"{i},v{i}" if i % 97 else f"{i - 1},again" for i in range(1, 20001)]
    path = file(tmp_path, "n.csv", "id,v\n" + "\n".join(lines) + "\n")
    rejects = tmp_path / "bad.csv"
    result = numbers.marsh("copy", "-j1", "--rejects", rejects, path, "n")
    assert result.err.splitlines()[0] == f"{20000 - 206} rows copied, 206 failed."
    assert numbers.value("SELECT COUNT(*), SUM(v = 'again') FROM n") == f"{20000 - 206}\t0"
    assert len(rejects.read_text().splitlines()) == 207


def test_all_rows_or_none(numbers, tmp_path):
    path = file(tmp_path, "n.csv", BAD)
    result = numbers.marsh("copy", "--scope", "--batch", "1", path, "n")
    assert result.err.splitlines()[0] == "0 rows copied, 1 failed; all is rolled back."
    assert result.status == 1
    assert content(numbers) == []
    # Those that are put aside are none that end it.
    result = numbers.marsh("copy", "--scope", "--rejects", tmp_path / "bad.csv", path, "n")
    assert result.err.splitlines()[0] == "5 rows copied, 4 failed."
    assert content(numbers) == ["1\ta", "2\tb", "3\td", "4\tf", "7\ti"]


def test_what_is_no_rows_fault_ends_it(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, v VARCHAR(20) NOT NULL);"
               f"CREATE USER looker@localhost; GRANT SELECT ON {schema.name}.* TO looker@localhost")
    try:
        path = file(tmp_path, "n.csv", "id,v\n1,a\n2,b\n")
        client = schema.marsh.using("-ulooker")
        result = client("copy", "--on-error", "skip", path, "n")
    finally:
        schema.sql("DROP USER looker@localhost")
    assert result.status == 1
    assert "0 rows copied, 0 failed." in result.err
    assert "ERROR 1142 (42000): INSERT command denied" in result.err


def test_all_or_none_needs_transactions(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY) ENGINE=MyISAM")
    result = schema.marsh("copy", "--scope", file(tmp_path, "n.csv", "id\n1\n"), "n")
    assert result == (b"", "ERROR: --scope: `n` is no table that is known to have transactions\n", 2)


def test_a_table_without_transactions_is_not_copied_into_itself(schema):
    schema.sql("CREATE TABLE n(id INT) ENGINE=Aria; INSERT INTO n VALUES(1)")
    result = schema.marsh("copy", "n", "n")
    assert (result.out, result.status) == (b"", 2)
    assert result.err == "ERROR: `n` knows no transactions, and can't be read and written at once\n"


def test_what_a_trigger_does_is_not_done_twice(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY); CREATE TABLE audit(id INT) ENGINE=Aria;"
               "CREATE TRIGGER t AFTER INSERT ON n FOR EACH ROW INSERT INTO audit VALUES(NEW.id)")
    path = file(tmp_path, "n.csv", "id\n1\n2\n2\n3\n")
    schema.marsh("copy", "-j1", "--on-error=skip", path, "n")
    assert content(schema, "audit") == ["1", "2", "3"]


def test_a_row_too_large_for_the_server_is_one_that_fails(own_server, tmp_path):
    own_server.sql("SET GLOBAL max_allowed_packet=65536; CREATE DATABASE own; USE own;"
                   "CREATE TABLE n(id INT PRIMARY KEY, v LONGTEXT)")
    path = tmp_path / "n.csv"
    sizes = [10, 70000, 20000, 20000, 20000, 5]
    path.write_text("id,v\n" + "".join(f"{i},{'x' * size}\n" for i, size in enumerate(sizes)))
    result = own_server.marsh.using("-Down")("copy", "--on-error", "skip", path, "n")
    assert result.err == (
        "5 rows copied, 1 failed.\n"
        f"ERROR at {path}:3: the row is larger than the server's max_allowed_packet\n"
    )
    path.write_text("id,v\n" + "".join(f"{i},v\n" for i in range(100, 5000)))
    succeeded(own_server.marsh.using("-Down")("copy", path, "n"))
    assert own_server.value("SELECT COUNT(*) FROM own.n") == "4905"


def test_rejects_of_an_earlier_run_stay_where_this_one_does_not_begin(numbers, tmp_path):
    path = file(tmp_path, "n.csv", BAD)
    rejects = file(tmp_path, "bad.csv", "id,v\n7,earlier\n")
    for words in ((path, "nosuch"), ("--map", "id=nosuch", path, "n")):
        assert numbers.marsh("copy", "--rejects", rejects, *words).status != 0
        assert rejects.read_text() == "id,v\n7,earlier\n"
    result = numbers.marsh("copy", "--rejects", "/dev/stdout", path, "n")
    assert sorted(result.lines) == ["2,c", "5,", "6,g,h", "id,v", "x,e"]


def test_where_there_are_no_transactions_just_the_bad_rows_are_missing(schema, tmp_path):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, v VARCHAR(20) NOT NULL) ENGINE=MyISAM")
    path = file(tmp_path, "n.csv", BAD)
    result = schema.marsh("copy", "-j1", "--rejects", tmp_path / "bad.csv", path, "n")
    assert result.err.splitlines()[0] == "5 rows copied, 4 failed."
    assert content(schema) == ["1\ta", "2\tb", "3\td", "4\tf", "7\ti"]


def test_warnings_are_told(numbers, tmp_path):
    numbers.sql("SET GLOBAL sql_mode=''")
    try:
        path = file(tmp_path, "n.csv", f"id,v\n1,{'x' * 30}\n2,{'y' * 30}\n")
        result = numbers.marsh("copy", path, "n")
    finally:
        numbers.sql("SET GLOBAL sql_mode=DEFAULT")
    assert result == (b"", "2 warnings; the first: Data truncated for column 'v' at row 1 (1265)\n", 0)


# From tables into files


def test_a_file_is_replaced_only_by_a_whole_one(numbers, tmp_path):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_1000")
    path = file(tmp_path, "n.csv", "old\n")
    path.chmod(0o640)
    query = "SELECT id, (SELECT 1 UNION SELECT IF(id = 900, 2, 1)) FROM n ORDER BY id"
    result = numbers.marsh("copy", query, path)
    assert result.status == 1
    assert "Subquery returns more than 1 row" in result.err
    assert path.read_text() == "old\n"
    succeeded(numbers.marsh("copy", "n", path))
    assert len(path.read_text().splitlines()) == 1001
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["n.csv"]


def test_a_link_stays_one(numbers, tmp_path):
    target = file(tmp_path, "real.csv", "old\n")
    (tmp_path / "link.csv").symlink_to(target)
    succeeded(numbers.marsh("copy", "n", tmp_path / "link.csv"))
    assert (tmp_path / "link.csv").is_symlink()
    assert target.read_text() == "id,v\n"


def test_a_full_disk_is_told(numbers):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_1000")
    result = numbers.marsh("copy", "n", "csv:/dev/full")
    assert (result.out, result.status) == (b"", 1)
    assert "No space left on device" in result.err


def test_rows_and_columns_are_chosen(numbers):
    numbers.sql("INSERT INTO n VALUES(1,'a'),(2,'b'),(3,'c')")
    result = numbers.marsh("copy", "--where", "id > 1 -- all", "--columns", "v,`id`", "n", "-")
    assert result == (b"v,id\r\nb,2\r\nc,3\r\n", "", 0)
    result = numbers.marsh("table", "n", "--where", "v = :v", "--param", "v=c' OR 1=1 -- ")
    assert result == (b"", "", 0)
    assert numbers.marsh("table", "n", "--where", "v = :v", "--param", "v=c").lines == ["id\tv", "3\tc"]


@pytest.mark.parametrize("condition", ["1) OR (1", "1; DROP TABLE n", "(1", "1))"])
def test_a_condition_is_one_expression(numbers, condition):
    result = numbers.marsh("table", "n", "--where", condition)
    assert result == (b"", "ERROR: --where takes one condition, as --where 'id > 5'\n", 2)


def test_a_table_is_printed_in_any_format(numbers):
    numbers.sql("INSERT INTO n VALUES(1,'a'),(2,'b')")
    assert json.loads(numbers.marsh("table", "n", "--format", "json").out) == [
        {"id": 1, "v": "a"},
        {"id": 2, "v": "b"},
    ]
    for option in "-t", "-E", "-X", "-H":
        expected = numbers.reference(option, "-e", "SELECT * FROM n").out
        found = numbers.marsh(option, "table", "n").out
        # -X names the statement.
        assert found.split(b"statement=")[0] == expected.split(b"statement=")[0]


# Over several connections


@pytest.fixture
def large(schema):
    schema.sql("CREATE TABLE n(id BIGINT PRIMARY KEY, v VARCHAR(40));"
               "INSERT INTO n SELECT CAST(seq AS SIGNED) * 3 - 30000, CONCAT('value ', seq) FROM seq_1_to_50000")
    return schema


@pytest.mark.parametrize("options", [(), ("--where", "id % 7 = 0 OR id < 0"), ("--columns", "v,id")])
def test_side_by_side_gives_the_same_bytes(large, options):
    single = succeeded(large.marsh("table", "n", *options)).out
    assert succeeded(large.marsh("table", "-j4", "n", *options)).out == single
    assert len(single.splitlines()) > 5000


@pytest.mark.parametrize(
    "rows",
    ["", "(0)", "(-9223372036854775808),(9223372036854775807)", "(5),(6)", "(-1),(0),(1)"],
)
def test_ranges_at_the_edges(schema, rows):
    schema.sql("CREATE TABLE n(id BIGINT PRIMARY KEY)" + (f"; INSERT INTO n VALUES{rows}" if rows else ""))
    single = succeeded(schema.marsh("table", "n")).out
    assert succeeded(schema.marsh("table", "-j3", "n")).out == single


def test_unsigned_keys_and_keys_of_several_columns(schema):
    schema.sql("CREATE TABLE n(a BIGINT UNSIGNED, b CHAR(1), PRIMARY KEY(a, b));"
               "INSERT INTO n VALUES(0,'a'),(0,'b'),(9223372036854775808,'a'),(18446744073709551615,'z')")
    expected = b"a\tb\n0\ta\n0\tb\n9223372036854775808\ta\n18446744073709551615\tz\n"
    assert succeeded(schema.marsh("table", "-j2", "n")).out == expected


def test_other_keys_are_read_over_one_connection(schema):
    schema.sql("CREATE TABLE n(a CHAR(9) PRIMARY KEY); INSERT INTO n VALUES('b'),('a');"
               "CREATE TABLE m(a INT); INSERT INTO m VALUES(1); CREATE VIEW w AS SELECT * FROM n")
    assert succeeded(schema.marsh("table", "-j2", "n")).out == b"a\na\nb\n"
    assert succeeded(schema.marsh("table", "-j2", "m")).out == b"a\n1\n"
    assert succeeded(schema.marsh("table", "-j2", "w")).out == b"a\na\nb\n"


def test_a_copy_side_by_side_is_one_moment(large, tmp_path):
    """A transfer between two rows, again and again, never shows in half."""
    large.sql("UPDATE n SET v = '1000' WHERE id IN (-29997, 120000)")
    script = tmp_path / "transfers.sql"
    script.write_text("".join(
        f"START TRANSACTION; UPDATE n SET v = v - {i} WHERE id = -29997;"
        f"UPDATE n SET v = v + {i} WHERE id = 120000; COMMIT;\n" for i in range(1, 20000)))
    with open(script, "rb") as given:
        writer = large.reference.start(stdin=given)
    try:
        for _ in range(8):
            out = succeeded(large.marsh("table", "-j3", "n", "--columns", "id,v", "-N")).text
            rows = dict(line.split("\t") for line in out.splitlines())
            assert int(rows["-29997"]) + int(rows["120000"]) == 2000
    finally:
        writer.kill()
        writer.communicate()


def test_a_table_without_transactions_is_read_over_one_connection(schema):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, v CHAR(200)) ENGINE=MyISAM;"
               "INSERT INTO n SELECT seq, 'x' FROM seq_1_to_3000")
    text = ["-e", "SHOW GLOBAL STATUS LIKE 'Com_lock_tables'"]
    before = schema.sql(text[1])
    assert len(succeeded(schema.marsh("table", "-j3", "-N", "n")).out.splitlines()) == 3000
    assert schema.sql(text[1]) == before


def test_a_failure_in_one_range_ends_all(large):
    result = large.marsh("table", "-j4", "n", "--where", "(SELECT 1 UNION SELECT IF(id=60000,2,1))")
    assert result.status == 1
    assert result.err == "ERROR 1242 (21000): Subquery returns more than 1 row\n"


def test_a_copy_into_a_table_reads_side_by_side_too(large):
    large.sql("CREATE TABLE m LIKE n")
    succeeded(large.marsh("copy", "-j3", "n", "m"))
    assert checksum(large, "m") == checksum(large, "n")


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer has memory of its own")
def test_memory_does_not_grow_with_the_rows(large, tmp_path):
    large.sql("CREATE TABLE m(id BIGINT, v VARCHAR(40))")
    path = tmp_path / "n.csv"
    peaks = []
    for rows in 50_000, 300_000:
        path.write_text("id,v\n" + "".join(f"{i},value {i}\n" for i in range(rows)))
        peaks.append(peak_kb(large.marsh.command("copy", "--batch", "1000", path, "m"), large.marsh.env))
    assert peaks[1] < peaks[0] + 2048
    for jobs in "1", "3":
        command = large.marsh.command("copy", "-j", jobs, "n", path)
        assert peak_kb(command, large.marsh.env) < 40 << 10


# What can't be


WRONG = [
    (("n.csv",), 2, "marsh: copy needs FROM and TO: marsh copy [TARGET] FROM [TARGET] TO"),
    (("n", "n.csv", "m"), 2, "ERROR: copy takes FROM and TO, and nothing behind them"),
    (("a.csv", "b.csv"), 2, "ERROR: a.csv and b.csv are both files: a table is in the database"),
    (("n", "SELECT 1"), 2, "ERROR: what is copied into is a table or a file, no query"),
    (("n", "/tmp/x"), 2, "ERROR: /tmp/x: its name does not tell its format: write csv:/tmp/x, "
                         "tsv:/tmp/x or jsonl:/tmp/x"),
    (("n", "nosuch"), 1, "ERROR 1146 (42S02): Table '{schema}.nosuch' doesn't exist"),
    (("SELECT 1 AS id; SELECT 2", "n"), 2, "ERROR: what is copied is one query, not several statements"),
    (("SELECT 1 AS id, 2 AS ID", "n"), 1, "ERROR: column id of `n` is given twice"),
    (("SELECT 1 AS idd", "n"), 1, "ERROR: `n` has no column 'idd', did you mean 'id'?; --map "
                                  "'idd=COLUMN' says which it is, --map 'idd=' leaves it out"),
    (("DO 1", "n"), 2, "ERROR: what is copied is a table or a query; DO is neither (a table's name may "
                       "stand in backquotes)"),
    (("--map", "id=", "SELECT 1 AS id", "n"), 1, "ERROR: the query has no column that goes into `n`"),
    (("--map", "x=id", "SELECT 1 AS id", "n"), 1, "ERROR: the query has no column 'x'"),
    (("--rejects", "r", "SELECT 1 AS id", "n"), 2, "ERROR: --rejects is for the rows of a file"),
    (("--where", "1", "SELECT 1 AS id", "n"), 2, "ERROR: --where is for a table; a query has its own"),
    (("--columns", "id,", "n", "-"), 2, "ERROR: --columns takes names with commas between them"),
    (("--map", "a=b", "n", "-"), 2, "ERROR: --map is for copying into a table"),
    (("--dry-run", "n", "-"), 2, "marsh: --dry-run goes not with 'marsh copy'"),
    (("--scope", "-j2", "-", "n"), 2, "marsh: --scope is one transaction, which is on one "
                                      "connection: not with --jobs"),
    (("--each", "x", "n", "-"), 2, "marsh: option '--each' belongs to 'marsh call'"),
    (("SELECT 1", "@x", "@y", "n"), 2, "ERROR: a target stands in front of a table, and is one"),
    (("n", "@x", "x.csv"), 2, "ERROR: x.csv: a file has no target in front of it"),
    (("a.b.c", "-"), 2, "ERROR: 'a.b.c' is no table's name"),
]


@pytest.mark.parametrize("args, status, message", WRONG)
def test_wrong_usage(numbers, args, status, message):
    result = numbers.marsh("copy", *args)
    assert (result.out, result.status) == (b"", status)
    assert result.err.splitlines()[-1] == message.format(schema=numbers.name)


def test_a_url_that_is_too_many_is_not_shown(numbers):
    result = numbers.marsh("copy", "n", "mysql://ann:Secret99@h/d", "mysql://bob:Secret99@h/d", "n")
    assert result.status != 0
    assert "Secret99" not in result.err
