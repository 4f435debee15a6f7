"""Procedures: OUT and INOUT values, what a `?` may stand for, how a call fails."""
import pytest

from support.run import succeeded

SIGNATURE = "order_total(IN p_order int(11), OUT total decimal(10,2))"


def test_out_values(shop):
    assert shop.marsh("-e", "CALL order_total(1, ?)") == (b"total\n325.15\n", "", 0)
    assert shop.marsh("-e", "call `shop` . order_total ( 1 , ? ) ;") == (b"total\n325.15\n", "", 0)
    assert shop.marsh("call", "order_total", "1") == (b"total\n325.15\n", "", 0)


def test_out_values_without_a_schema_in_use(marsh):
    assert marsh("call", "shop.order_total", "1") == (b"total\n325.15\n", "", 0)
    assert marsh("call", "`shop`.`order_total`", "1") == (b"total\n325.15\n", "", 0)
    assert marsh("-e", "CALL shop.order_total(1, ?)") == (b"total\n325.15\n", "", 0)


def test_variables_work_as_everywhere(shop):
    text = "CALL order_total(1, @x); SELECT @x; CALL customer_report(99, @a, @b); SELECT @a, @b"
    assert shop.marsh("-N", "-e", text) == (b"325.15\n0\t0.00\n", "", 0)


def test_inout_values(shop):
    assert shop.marsh("call", "discount", "100", "12.5") == (b"price\n87.50\n", "", 0)
    text = "SET @p = 100; CALL discount(@p, 12.5); SELECT @p"
    assert shop.marsh("-N", "-e", text) == (b"87.50\n", "", 0)


def test_null_in_and_out(shop):
    assert shop.marsh("call", "order_total", "\\N") == (b"total\nNULL\n", "", 0)
    assert shop.marsh("--format", "json", "call", "order_total", "999") == (
        b'{"results":[],"out":{"total":null},"affected_rows":0,"warnings":[]}\n',
        "",
        0,
    )


def test_a_place_for_an_in_parameter_is_an_error(shop):
    error = "ERROR at -e:1: parameter 1 of order_total, p_order, is IN: '?' stands only for values"
    error += f" that come back; it is {SIGNATURE}\n"
    assert shop.marsh("-e", "CALL order_total(?, ?)") == (b"", error, 1)


def test_a_place_is_a_whole_argument(shop):
    error = "ERROR at -e:1: a '?' in a CALL is a whole argument, not part of one\n"
    assert shop.marsh("-e", "CALL order_total(1, ? + 1)") == (b"", error, 1)


@pytest.mark.parametrize(
    "values, words",
    [([], "order_total lacks a value for p_order"), (["1", "2"], "order_total takes 1 value, not 2")],
)
def test_a_call_with_the_wrong_number_of_values(shop, values, words):
    result = shop.marsh("call", "order_total", *values)
    assert (result.out, result.status) == (b"", 1)
    assert result.err == f"ERROR: {words}; it is {SIGNATURE}\n"


def test_a_signal_has_its_own_number_and_state(shop):
    words = "30006 (45000){}: not enough stock of product 20: 1 wanted, 0 left\n"
    failed = shop.marsh("call", "add_order", "1", "20", "1")
    assert failed == (b"", "ERROR " + words.format(""), 1)
    failed = shop.marsh("-e", "CALL add_order(1, 20, 1, ?, ?)")
    assert failed == (b"", "ERROR " + words.format(" at -e:1"), 1)


def test_what_a_call_does_stays_done(own_shop):
    called = succeeded(own_shop.marsh("--format", "json", "call", "add_order", "1", "1", "2"))
    assert called.text == (
        '{"results":[],"out":{"order_id":16,"total":498.00},"affected_rows":5,"warnings":[]}\n'
    )
    assert own_shop.value("SELECT COUNT(*), SUM(amount) FROM order_items WHERE order_id=16") == (
        "1\t498.00"
    )
    assert own_shop.marsh("call", "cancel_order", "16") == (b"was\nnew\n", "", 0)


def test_values_are_not_sql(shop):
    text = "1'; DROP TABLE orders; -- "
    result = shop.marsh("call", "order_total", text)
    assert (result.out, result.status) == (b"", 1)
    assert result.err == f"ERROR: p_order: '{text}' is no INT; it is {SIGNATURE}\n"
    assert shop.value("SELECT COUNT(*) FROM orders") == "15"
