"""The main job on a private server: run SQL, call procedures, render, fail well."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import pexpect
import pytest

MARSH = os.environ["MARSH_BIN"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAKILA = os.path.join(ROOT, "..", "shared", "corpus", "sakila")


@pytest.fixture(scope="session")
def env():
    """A home of the run's own, short enough for a socket's path."""
    home = tempfile.mkdtemp(prefix="m", dir="/tmp")
    run = os.path.join(home, "r")
    os.mkdir(run, 0o700)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("MYSQL_", "MARSH_"))}
    env = dict(
        keep,
        HOME=home,
        XDG_RUNTIME_DIR=run,
        XDG_DATA_HOME=home + "/d",
        XDG_STATE_HOME=home + "/s",
        XDG_CONFIG_HOME=home + "/c",
        LC_ALL="C.UTF-8",
        TERM="xterm",
    )
    try:
        subprocess.run([MARSH, "scratch", "demo"], env=env, check=True)
        yield env
    finally:
        subprocess.run([MARSH, "scratch", "drop", "default"], env=env, check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def marsh(env):
    def run(*args, stdin="", target="--scratch"):
        command = [MARSH] + ([target] if target else []) + list(args)
        done = subprocess.run(
            command, env=env, input=stdin.encode(), capture_output=True, timeout=120, check=False
        )
        return done.stdout.decode(), done.stderr.decode(), done.returncode

    return run


def test_rows(marsh):
    assert marsh("-e", "select 1 as a, 'x\ty' as b, null as c") == ("a\tb\tc\n1\tx\\ty\tNULL\n", "", 0)
    assert marsh("-N", "-e", "select 1; select 2") == ("1\n2\n", "", 0)
    assert marsh("-t", "-e", "select 1 as a")[0] == "+---+\n| a |\n+---+\n| 1 |\n+---+\n"


def test_reference_bytes(marsh, env):
    if shutil.which("mariadb") is None:
        pytest.skip("the reference client is not installed")
    socket = marsh("scratch", "list", target=None)[0].split()[2]
    for option in ("-B", "-t", "-E"):
        for sql in ("select id, status, closed_at from orders", "select 1 where 0", "select sku, price from products"):
            reference = subprocess.run(
                ["mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-S", socket, "-Dshop", option, "-e", sql],
                env=env, capture_output=True, check=True,
            ).stdout.decode()
            assert marsh("-D", "shop", option, "-e", sql)[0] == reference


def test_json_and_csv(marsh):
    sql = "select 18446744073709551615 a, 0.10 b, 'NULL' c, null d, x'00ff' e"
    out = marsh("--format", "json", "-e", sql)[0]
    assert '"a":18446744073709551615,"b":0.10' in out
    assert json.loads(out)[0]["c"] == "NULL" and json.loads(out)[0]["d"] is None
    assert json.loads(out)[0]["e"] == "AP8="
    assert marsh("--format", "csv", "-e", "select 'a\"b' x, '' y, null z")[0] == 'x,y,z\r\n"a""b","",\r\n'


def test_procedures(marsh):
    assert marsh("-D", "shop", "-e", "call order_total(1, ?)") == ("total\n325.15\n", "", 0)
    assert marsh("call", "shop.order_total", "1") == ("total\n325.15\n", "", 0)
    out, err, status = marsh("-D", "shop", "-e", "call order_total(?, ?)")
    assert (out, status) == ("", 1)
    assert "p_order, is IN" in err and "order_total(IN p_order int(11)" in err
    out, err, status = marsh("call", "shop.order_total")
    assert status == 1 and "takes 1 value, not 0" in err
    sets = marsh("--format", "jsonl", "call", "shop.customer_report", "1")[0].splitlines()
    assert json.loads(sets[-1]) == {"out": {"orders": 4, "spent": 518.38}}
    err = marsh("call", "shop.add_order", "1", "20", "1")[1]
    assert err.startswith("ERROR 3000") and "(45000)" in err


def test_errors(marsh, tmp_path):
    script = tmp_path / "a.sql"
    inner = tmp_path / "b.sql"
    script.write_text(f"select 1;\nsource {inner}\nselect 3;\n")
    inner.write_text("select 2;\n\nselec 1;\nselect 'no';\n")
    out, err, status = marsh("-N", "run", str(script))
    assert (out, status) == ("1\n2\n", 1)
    assert err.startswith(f"ERROR 1064 (42000) at {inner}:3: ")
    out, err, status = marsh("-N", "-f", "run", str(script))
    assert (out, status) == ("1\n2\nno\n3\n", 1)
    inner.write_text(f"source {script}\n")
    out, err, status = marsh("-N", "run", str(script))
    assert status == 1 and "sources itself" in err
    out, err, status = marsh("-N", stdin="select 1;\nselect 'x")
    assert (out, status) == ("1\n", 1) and "stdin:2" in err and "column 8" in err


def test_statuses(marsh):
    assert marsh("--nosuch")[2] == 2
    assert "did you mean '--format'" in marsh("--formt", "x")[1]
    assert marsh("-S", "/nonexistent", "-e", "select 1", target=None)[2] == 3
    assert marsh("-e", "\\helpp")[1].count("did you mean '\\help'") == 1
    assert marsh("nosuch_schema", "-e", "select 1")[2] == 3
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([MARSH, "--version"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1


def test_interrupt(env):
    with subprocess.Popen(
        [MARSH, "--scratch", "-N", "-e", "select 'on'; select sleep(60)"], env=env, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"on\n"
        query = "select count(*) from information_schema.processlist where info like 'select sleep(60)%'"
        count = [MARSH, "--scratch", "-N", "-e", query]
        deadline = time.monotonic() + 20
        while subprocess.run(count, env=env, capture_output=True, check=True).stdout != b"1\n":
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert subprocess.run(count, env=env, capture_output=True, check=True).stdout == b"0\n"


def test_terminal(env):
    shell = pexpect.spawn(
        MARSH, ["--scratch", "-D", "shop"], env=env, dimensions=(40, 120), encoding="utf-8", timeout=20
    )
    shell.expect_exact("scratch:shop> ")
    shell.sendline("select 'a',")
    shell.expect_exact("-> ")
    shell.sendline("1;")
    shell.expect_exact("1 row in set")
    shell.expect_exact("scratch:shop> ")
    shell.sendline("begin;")
    shell.expect_exact("scratch:shop*> ")
    shell.sendline("select sleep(60), 'abc';")
    shell.expect_exact("abc")
    shell.sendintr()
    shell.expect("ERROR 1317|interrupted before")
    shell.expect_exact("scratch:shop*> ")
    shell.sendline("select password('hush');")
    shell.expect_exact("> ")
    shell.sendline("\\quit")
    shell.expect_exact("rolled back")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
    history = os.path.join(env["XDG_STATE_HOME"], "marsh", "history")
    text = open(history, encoding="utf-8").read()
    assert "select 'a',\\n1;\n" in text and "hush" not in text
    assert os.stat(history).st_mode & 0o777 == 0o600


@pytest.mark.skipif(not os.path.isdir(SAKILA), reason="the corpus is not beside the tree")
def test_sakila(marsh):
    for name in ("sakila-schema.sql", "sakila-data.sql"):
        assert marsh("run", os.path.join(SAKILA, name)) == ("", "", 0)
    out = marsh("-N", "-D", "sakila", "-e", "call film_in_stock(1, 1, ?)")[0]
    assert out.splitlines()[-1] == "4"
    out = marsh("-N", "-D", "sakila", "-e", "call film_not_in_stock(2, 2, ?)")[0]
    assert out.splitlines()[-1] == "1"
    assert marsh("call", "sakila.rewards_report", "7", "20.00")[2] == 0


def test_scratch_survives_a_kill(marsh, env):
    assert marsh("--scratch=k", "-N", "-e", "select 1", target=None)[0] == "1\n"
    home = env["XDG_DATA_HOME"] + "/marsh/scratch/k"
    assert os.stat(home).st_mode & 0o777 == 0o700
    os.kill(int(open(home + "/server", encoding="utf-8").readline()), signal.SIGKILL)
    assert marsh("--scratch=k", "-N", "-e", "select 2", target=None)[0] == "2\n"
    assert marsh("scratch", "drop", "k", target=None)[2] == 0
    assert not os.path.exists(home)
