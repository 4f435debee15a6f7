"""The line editor: completion, history, narrow terminals."""
import stat

import pytest

from support.terminal import CTRL_C, CTRL_D, TAB, UP, Shell


@pytest.fixture
def shell(home, shop):
    with Shell(home, shop) as shell:
        yield shell


def completed(shell, typed):
    """What one TAB makes of a line."""
    shell.send(typed + TAB)
    # The editor answers each key in turn: once this mark is there, TAB is done.
    shell.send("§")
    shell.settle(lambda: "§" in shell.cursor_line, "the mark")
    line = shell.cursor_line.partition(shell.prompt)[2]
    shell.send(CTRL_C)
    shell.expect("^C", shell.prompt)
    return line.replace("§", "")


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("sel", "select "),
        ("SEL", "SELECT "),
        ("SELECT * FROM custom", "SELECT * FROM customers "),
        ("SELECT * FROM order_i", "SELECT * FROM order_items "),
        ("SELECT * FROM low_s", "SELECT * FROM low_stock "),
        ("SELECT 1 FROM orders JOIN order_i", "SELECT 1 FROM orders JOIN order_items "),
        ("SELECT 1 FROM a JOIN b ON customer_", "SELECT 1 FROM a JOIN b ON customer_id"),
        ("SELECT placed_", "SELECT placed_at "),
        ("SELECT orders.placed_", "SELECT orders.placed_at "),
        ("SELECT 1 FROM orders o WHERE o.placed_", "SELECT 1 FROM orders o WHERE o.placed_at "),
        ("SELECT 1 FROM orders AS o WHERE o.placed_", "SELECT 1 FROM orders AS o WHERE o.placed_at "),
        ("SELECT 1 FROM orders o, products p ORDER BY p.sk",
         "SELECT 1 FROM orders o, products p ORDER BY p.sku "),
        ("SELECT * FROM orders ORDER BY closed_", "SELECT * FROM orders ORDER BY closed_at "),
        ("CALL customer_", "CALL customer_report "),
        ("call disc", "call discount "),
        ("SELECT order_v", "SELECT order_value "),
        ("USE information_sc", "USE information_schema "),
        ("\\use information_sc", "\\use information_schema "),
        ("\\form", "\\format "),
        ("\\format vert", "\\format vertical "),
        ("\\help sou", "\\help source "),
        ("SELECT `placed_", "SELECT `placed_at "),
        ("SELECT 1 FROM nosuchth", "SELECT 1 FROM nosuchth"),
    ],
)
def test_tab_completes(shell, typed, expected):
    assert completed(shell, typed).rstrip() == expected.rstrip()


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("\\session two @pro", "\\session two @prod-"),
        ("\\session two @prod-e", "\\session two @prod-eu"),
        ("\\session two @st", "\\session two @staging"),
        ("\\session two @prod-x", "\\session two @prod-x"),
        ("\\session def", "\\session default"),
        ("\\session @st", "\\session @st"),
    ],
)
def test_tab_completes_binds(shell, home, typed, expected):
    home.config.write_text("[bind.prod-eu]\nuser=a\n[bind.prod-us]\nuser=b\n[bind.staging]\nuser=c\n")
    assert completed(shell, typed).rstrip() == expected


def test_tab_completes_file_names_where_files_are_meant(shell, home):
    path = home.write("script_of_mine.sql", "SELECT 1;")
    assert completed(shell, f"\\source {home.path}/script_of").rstrip() == f"\\source {path}"


def test_names_made_a_moment_ago_are_completed(home, schema):
    with Shell(home, schema) as shell:
        assert completed(shell, "SELECT * FROM brand_n") == "SELECT * FROM brand_n"
        shell.run("CREATE TABLE brand_new (a_column_of_it INT);")
        assert completed(shell, "SELECT * FROM brand_n").rstrip() == "SELECT * FROM brand_new"


def history_path(home):
    return home.path / "s" / "marsh" / "history"


def entries(home):
    return history_path(home).read_text().splitlines()


def test_history_is_private_and_has_an_entry_a_statement(shell, home):
    shell.line("SELECT 1; SELECT 'two'")
    shell.expect("-> ")
    shell.run(", 'lines\\\\';")
    shell.run("\\format table")
    shell.run("SELECT 3\\G")
    path = history_path(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert entries(home) == [
        "SELECT 1;",
        r"SELECT 'two'\n, 'lines\\\\';",
        r"\\format table",
        r"SELECT 3\\G",
    ]


def test_history_has_no_secrets(shell, home):
    shell.run("CREATE USER IF NOT EXISTS nobody@nowhere IDENTIFIED BY 'hush1';")
    shell.run("SET PASSWORD FOR nobody@nowhere = PASSWORD('hush2');")
    shell.run("SELECT AES_ENCRYPT('a', 'hush3');")
    shell.run("DROP USER nobody@nowhere;")
    shell.send(UP)
    shell.settle(lambda: "DROP USER" in shell.cursor_line, "the newest entry")
    shell.send(UP)
    shell.send("§")
    shell.settle(lambda: "§" in shell.cursor_line, "the editor's answer")
    assert "hush" not in "\n".join(entries(home))
    assert "hush" not in shell.cursor_line


def test_a_statement_of_several_lines_comes_back_as_one(home, shop):
    with Shell(home, shop) as shell:
        shell.line("SELECT 'first',")
        shell.expect("-> ")
        shell.run("'second' AS s;")
        shell.run("SELECT 3;")
        shell.send(CTRL_D)
        assert shell.finish() == 0
    with Shell(home, shop) as shell:
        shell.send(UP + UP)
        shell.settle(lambda: "'second' AS s;" in "\n".join(shell.lines[-2:]), "the statement")
        assert "SELECT 'first'," in shell.lines[-2]
        assert "│ first │ second │" in shell.run("")
        shell.send(CTRL_D)
        assert shell.finish() == 0
    assert entries(home) == [r"SELECT 'first',\n'second' AS s;", "SELECT 3;"] + [
        r"SELECT 'first',\n'second' AS s;"
    ]


def test_the_same_statement_again_is_one_entry(shell, home):
    shell.run("SELECT 1;")
    shell.run("SELECT 1;")
    assert entries(home) == ["SELECT 1;"]


def test_forty_columns(home, shop):
    with Shell(home, shop, columns=40, rows=30) as shell:
        # A table that fits is a table, a wider one is shown one line a value.
        assert "│  1 │ Ada Reed │" in shell.run("SELECT id, name FROM customers LIMIT 1;")
        shown = shell.run("SELECT sku, name, price, stock FROM products LIMIT 1;")
        assert "  sku: BIN842\n name: Binoculars 8x42\nprice: 249.00\nstock: 11\n" in shown
        # A line that is longer than the screen wraps, and is read whole.
        long = "SELECT 'a text that takes more than one row of the screen' AS value\\G"
        shell.run(long)
        assert "value: a text that takes more than one r" in "\n".join(shell.lines)
        assert entries(home)[-1] == long.replace("\\", "\\\\")
        assert max(map(len, shell.lines)) <= 40
