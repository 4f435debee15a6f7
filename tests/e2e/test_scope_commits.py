"""What a scope says and does when something in it commits unseen: nothing twice, nothing unsaid."""
import pytest

from support.run import succeeded

ROUTINES = """
CREATE TABLE a (v VARCHAR(20)); CREATE TABLE my (i INT) ENGINE=MyISAM; CREATE TABLE ex (i INT);
DELIMITER //
CREATE PROCEDURE pc() BEGIN COMMIT; START TRANSACTION; END//
CREATE PROCEDURE pcs() BEGIN COMMIT; START TRANSACTION;
    SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END//
CREATE PROCEDURE pcs2() BEGIN COMMIT; SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END//
"""
ONE = "INSERT INTO a VALUES ('one'); "


@pytest.fixture
def own(schema):
    schema.sql(ROUTINES)
    return schema


def rows(schema):
    return schema.value("SELECT IFNULL(GROUP_CONCAT(v), '') FROM a")


@pytest.mark.parametrize("name", ["pcs", "pcs2"])
def test_what_a_routine_has_committed_is_not_run_again(own, name):
    result = own.marsh("--retry=3", "-e", f"{ONE} CALL {name}()")
    assert (result.status, rows(own)) == (1, "one")
    assert "The scope is rolled back.\n" not in result.err and "again" not in result.err


@pytest.mark.parametrize(
    "text", ["CALL pc()", "EXECUTE IMMEDIATE CONCAT('START ', 'TRANSACTION')", "EXECUTE IMMEDIATE CONCAT('COMMIT')"]
)
def test_what_was_committed_is_not_called_rolled_back(own, text):
    result = own.marsh("--scope", "-e", f"{ONE} {text}; SELECT nosuch")
    assert (result.status, rows(own)) == (1, "one")
    assert "The scope is rolled back.\n" not in result.err


def test_a_statement_that_fails_after_its_commit_leaves_no_statement_alone(own):
    text = f"{ONE} CREATE TABLE ex (i INT); INSERT INTO a VALUES ('after')"
    result = own.marsh("--scope", "--force", "--allow-implicit-commit", "-e", text)
    assert (result.status, rows(own)) == (1, "one")


def test_a_dry_run_says_what_it_could_not_undo(own):
    result = own.marsh("--dry-run", "-e", f"{ONE} CALL pc()")
    assert (result.status, "Dry run" in result.err) == (1, False)
    result = own.marsh("--dry-run", "-e", "INSERT INTO my VALUES (1)")
    assert result.status == 1
    assert "not all is rolled back: a table in it knows no transactions" in result.err


@pytest.mark.alone
def test_a_retry_reads_nothing_that_is_gone_afterwards(own, home):
    script = home.write("s.sql", "source /dev/stdin\n")
    result = own.marsh("--retry=3", "run", script, stdin="SELECT 1;\n")
    assert (result.out, result.status) == (b"", 1)
    assert "/dev/stdin: --retry needs files, which can be read again" in result.err


def test_autocommit_is_put_back_after_a_release(own):
    text = "SET autocommit = 0;\n\\release\nSELECT @@autocommit;\n"
    assert succeeded(own.marsh("-N", stdin=text)).out == b"0\n"
