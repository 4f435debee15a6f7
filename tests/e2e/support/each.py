"""What the tests of `marsh call --each` with faults share: procedures that note each call, files of
rows, and reading what marsh told of them."""
import collections
import json
import re

import pytest

from support.server import Schema

PROCEDURES = """DELIMITER $$
CREATE TABLE log(id INT AUTO_INCREMENT PRIMARY KEY, n INT, INDEX(n))$$
CREATE TABLE pair(id INT PRIMARY KEY, v INT)$$
INSERT INTO pair VALUES(1, 0), (2, 0)$$
CREATE PROCEDURE note(n INT) BEGIN INSERT INTO log(n) VALUES(n); END$$
CREATE PROCEDURE note_slowly(n INT) BEGIN INSERT INTO log(n) VALUES(n); DO SLEEP(0.002); END$$
CREATE PROCEDURE fail_at(n INT, bad INT)
BEGIN
  INSERT INTO log(n) VALUES(n);
  IF n = bad THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this one'; END IF;
END$$
CREATE PROCEDURE hang_at(n INT, bad INT)
BEGIN
  INSERT INTO log(n) VALUES(n);
  IF n = bad THEN UPDATE pair SET v = v + SLEEP(600) WHERE id = 1; END IF;
END$$
CREATE TABLE mark(v INT)$$
INSERT INTO mark VALUES(0)$$
CREATE PROCEDURE hang_at_mark(n INT)
BEGIN
  INSERT INTO log(n) VALUES(n);
  IF n = (SELECT v FROM mark) THEN UPDATE pair SET v = v + SLEEP(600) WHERE id = 1; END IF;
END$$
CREATE PROCEDURE commits(n INT) BEGIN INSERT INTO log(n) VALUES(n); COMMIT; END$$
CREATE PROCEDURE begins(n INT) BEGIN START TRANSACTION; INSERT INTO log(n) VALUES(n); END$$
CREATE PROCEDURE cross_rows(n INT)
BEGIN
  INSERT INTO log(n) VALUES(n);
  UPDATE pair SET v = v + 1 WHERE id = 1;
  DO GET_LOCK('marsh_rival', 30);
  DO RELEASE_LOCK('marsh_rival');
  UPDATE pair SET v = v + 1 WHERE id = 2;
END$$
"""


@pytest.fixture
def calls(schema):
    schema.sql(PROCEDURES)
    return schema


@pytest.fixture
def own_calls(own_server):
    own_server.sql("CREATE DATABASE own")
    own = Schema(own_server, "own")
    own.sql(PROCEDURES)
    return own


@pytest.fixture
def rows(tmp_path):
    """rows(count) is a file of so many rows."""

    def write(count, header="n", row="{}"):
        path = tmp_path / "rows.csv"
        with open(path, "w") as file:
            file.write(f"{header}\n")
            file.writelines(row.format(i) + "\n" for i in range(1, count + 1))
        return path

    return write


@pytest.fixture
def start():
    """start(client, ...) runs marsh beside the test; it is gone at the end."""
    started = []

    def run(client, *args, **popen):
        started.append(client.start(*args, **popen))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def told(out):
    return [json.loads(line) for line in out.splitlines()]


def logged(calls):
    """How often each row was called, and committed."""
    return collections.Counter(int(n) for n in calls.sql("SELECT n FROM log").split())


def once(numbers):
    return collections.Counter(numbers)


def fates(out):
    """The rows that were done, those that failed, those that are unknown."""
    found = {"done": set(), "failed": set(), "unknown": set()}
    for line in told(out):
        error = line.get("error")
        fate = "done" if error is None else "unknown" if error.get("unknown") else "failed"
        assert all(line["row"] not in rows for rows in found.values())
        found[fate].add(line["row"])
    return found


def unknown_rows(err):
    return {int(n) for n in re.findall(r"^The outcome of row (\d+) \(.*\) is unknown\.$", err, re.M)}
