"""Real input: the Sakila schema and its procedures."""
import pytest

from support.run import CORPUS, Home, succeeded
from support.server import Schema, start_scratch

FILES = [CORPUS / "sakila" / name for name in ("sakila-schema.sql", "sakila-data.sql")]

pytestmark = pytest.mark.skipif(
    not all(file.is_file() for file in FILES), reason="the corpus is not beside the tree"
)


@pytest.fixture(scope="module")
def sakila():
    """A server of this file's own, into which marsh loaded Sakila."""
    home = Home()
    try:
        server = start_scratch(home)
        assert server.marsh("run", *FILES) == (b"", "", 0)
        yield Schema(server, "sakila")
    finally:
        home.remove()


def test_everything_is_loaded(sakila):
    counts = {
        "actor": 200, "film": 1000, "film_text": 1000, "inventory": 4581, "customer": 599,
        "rental": 16044, "payment": 16049, "city": 600, "address": 603, "staff": 2,
    }  # fmt: skip
    for table, count in counts.items():
        assert sakila.value(f"SELECT COUNT(*) FROM {table}") == str(count), table
    objects = sakila.value(
        "SELECT (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema='sakila'),"
        "(SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema='sakila'),"
        "(SELECT COUNT(*) FROM information_schema.views WHERE table_schema='sakila')"
    )
    assert objects == "6\t6\t7"
    assert sakila.value("SELECT HEX(LEFT(picture, 4)) FROM staff WHERE staff_id = 1") == "89504E47"


def test_film_in_stock(sakila):
    expected = b"inventory_id\n1\n2\n3\n4\np_film_count\n4\n"
    assert sakila.marsh("-e", "CALL film_in_stock(1, 1, ?)") == (expected, "", 0)
    assert sakila.marsh("call", "film_in_stock", "1", "1") == (expected, "", 0)
    text = "CALL film_in_stock(1, 1, @count); SELECT @count"
    assert sakila.marsh("-N", "-e", text) == (b"1\n2\n3\n4\n4\n", "", 0)


def test_film_not_in_stock(sakila):
    result = sakila.marsh("--format", "jsonl", "-e", "CALL film_not_in_stock(2, 2, ?)")
    assert result == (b'{"inventory_id":9}\n{"out":{"p_film_count":1}}\n', "", 0)
    none = sakila.marsh("--format", "jsonl", "call", "sakila.film_not_in_stock", "1", "1")
    assert none == (b'{"out":{"p_film_count":0}}\n', "", 0)


def test_rewards_report(sakila):
    # Its months are counted from today: nobody rented in the last one.
    text = "CALL rewards_report(7, 20.00, ?)"
    assert sakila.marsh("-e", text) == (b"count_rewardees\n0\n", "", 0)
    assert sakila.marsh("call", "rewards_report", "7", "20.00") == (b"count_rewardees\n0\n", "", 0)


def test_rewards_report_in_a_month_with_rentals(sakila):
    day = "SET TIMESTAMP = UNIX_TIMESTAMP('2005-08-15 12:00:00')"
    result = succeeded(
        sakila.marsh("--format", "jsonl", "-e", day, "-e", "CALL rewards_report(7, 40.00, ?)")
    )
    rewarded = sakila.value(
        "SELECT COUNT(*) FROM (SELECT customer_id FROM payment"
        " WHERE DATE(payment_date) BETWEEN '2005-07-01' AND '2005-07-31' GROUP BY customer_id"
        " HAVING SUM(amount) > 40 AND COUNT(customer_id) > 7) q"
    )
    assert int(rewarded) > 0
    assert result.lines[-1] == f'{{"out":{{"count_rewardees":{rewarded}}}}}'
    assert len(result.lines) == int(rewarded) + 1


def test_wrong_values_end_in_the_procedures_own_words(sakila):
    result = sakila.marsh("--format", "jsonl", "call", "rewards_report", "0", "20.00")
    words = "Minimum monthly purchases parameter must be > 0"
    assert result.status == 0
    assert words in result.lines[0]
