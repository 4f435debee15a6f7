"""Scripts with a checkpoint over crashes, of marsh and of the server: no statement is run twice, and
what nobody knows of is named."""
import random
import re
import resource
import shutil
import signal
import subprocess

import pytest

from support.load import Load, load
from support.run import CORPUS, Home, is_sanitized, succeeded, wait_until
from support.server import Schema, start_scratch

pytestmark = pytest.mark.alone

__all__ = ["load"]  # a fixture

DUMP = shutil.which("mariadb-dump")
SAKILA = [CORPUS / "sakila" / name for name in ("sakila-schema.sql", "sakila-data.sql")]
FIRST_UNKNOWN = re.compile(r"of the statements (\d+) to (\d+)|whether statement (\d+) was")


def kill_when(process, condition):
    wait_until(lambda: process.poll() is not None or condition(), "the load")
    process.kill()
    return process.communicate()[1].decode()


def unknown(err):
    """The first and last statement that nobody knows of, or None."""
    found = FIRST_UNKNOWN.search(err)
    if found is None:
        return None
    first = int(found[1] or found[3])
    return first, int(found[2] or first)


def count(load):
    return int(load.schema.value("SELECT COUNT(*) FROM t"))


def test_a_load_that_is_killed_again_and_again_runs_each_statement_once(load):
    """Without a key nothing but the checkpoint keeps a row from coming twice."""
    total = 6000
    load.schema.sql("CREATE TABLE t (a INT)")
    load.write("".join(f"INSERT INTO t VALUES ({i});\n" for i in range(1, total + 1)))
    dice = random.Random(5)
    kills = 0
    while kills < 12:
        target = count(load) + dice.randrange(1, 500)
        process = load.start(stdout=subprocess.DEVNULL)
        err = kill_when(process, lambda: count(load) >= target)
        if process.returncode == 0:
            break
        wait_until(lambda: not load.schema.server.running("INSERT INTO t"), "the server")
        kills += process.returncode == -9
        span = unknown(err) or unknown(load.run(timeout=120).err)
        if span is not None:
            # Whoever looks can tell: the rows are as many as the statements that were run.
            done = count(load)
            assert span[0] <= done + 1 <= span[1] + 1
            process = load.start(f"--checkpoint-unknown={done + 1}", stdout=subprocess.DEVNULL)
            kill_when(process, lambda: count(load) >= done + dice.randrange(1, 300))
            wait_until(lambda: not load.schema.server.running("INSERT INTO t"), "the server")
    while True:
        result = load.run(timeout=120)
        if result.status == 0:
            break
        assert unknown(result.err) is not None, result.err
        result = load.run(f"--checkpoint-unknown={count(load) + 1}", timeout=120)
        if result.status == 0:
            break
    assert kills > 0
    assert load.schema.value("SELECT COUNT(*), COUNT(DISTINCT a), MIN(a), MAX(a) FROM t") == (
        f"{total}\t{total}\t1\t{total}"
    )


def test_a_load_in_transactions_that_is_killed_has_each_once(load):
    """What is not committed is rolled back, and begun again without a question."""
    load.schema.sql("CREATE TABLE t (a INT)")
    text = ""
    for begin in range(0, 3000, 30):
        rows = "".join(f"INSERT INTO t VALUES ({i});\n" for i in range(begin, begin + 30))
        text += f"START TRANSACTION;\n{rows}COMMIT;\n"
    load.write(text)
    dice = random.Random(6)
    choices = []
    for _ in range(12):
        target = count(load) + dice.randrange(1, 300)
        kill_when(load.start(*choices, stdout=subprocess.DEVNULL), lambda: count(load) >= target)
        wait_until(lambda: not load.schema.server.running("INSERT INTO t"), "the server")
        assert count(load) % 30 == 0
        choices = choose(load)
    while load.run(*choices, timeout=120).status != 0:
        choices = choose(load)
    assert load.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "3000\t3000"


def choose(load):
    """The answer to a doubt about a transaction, of 32 statements and 30 rows."""
    last = load.notes()[-1].split()
    if last[0] != "t":
        return []
    wait_until(lambda: count(load) % 30 == 0, "the transaction's end")
    return ["--checkpoint-unknown=" + ("skip" if count(load) // 30 * 32 == int(last[3]) else "run")]


def test_a_crash_of_the_server(home):
    server = start_scratch(home)
    server.sql("CREATE DATABASE a; CREATE TABLE a.t (a INT); CREATE TABLE a.held (a INT);"
               "INSERT INTO a.held VALUES (1)")
    load = Load(Schema(server, "a"), home.path)
    rows = [f"INSERT INTO t VALUES ({i});\n" for i in range(20000)]
    # While there is a row in held, this one is being carried out: the crash is in a batch for sure.
    rows[9500] = "INSERT INTO t SELECT 9500 + 0 * COALESCE((SELECT SLEEP(600) FROM held), 0);\n"
    load.write("".join(rows))
    process = load.start(stdout=subprocess.DEVNULL)
    wait_until(lambda: process.poll() is not None or server.running("SLEEP(600)"), "the load")
    home.kill_servers()
    err = process.communicate()[1].decode()
    assert process.returncode == 3
    assert "is unknown" in err
    start_scratch(home).sql("DELETE FROM a.held")
    first, last = unknown(load.run().err)
    # What had been answered is known to be done.
    assert last - first < 200
    done = count(load)
    assert first <= done + 1 <= last + 1
    result = load.run(f"--checkpoint-unknown={done + 1}", timeout=120)
    assert result.status == 0, result.err
    assert server.value("SELECT COUNT(*), COUNT(DISTINCT a), MAX(a) FROM a.t") == "20000\t20000\t19999"


def test_an_interruption_leaves_nothing_in_doubt(load):
    load.schema.sql("CREATE TABLE t (a INT)")
    load.write("INSERT INTO t VALUES (1);\nCREATE TABLE u SELECT SLEEP(600);\nINSERT INTO t VALUES (2);\n")
    process = load.start()
    load.schema.server.wait_running("SLEEP(600)")
    process.send_signal(signal.SIGINT)
    process.communicate()
    load.write(load.path.read_text().replace("SLEEP(600)", "1"))
    result = load.run()
    assert (result.err, result.status) == (f"Going on at {load.path}:2, after 1 statement.\n", 0)
    assert count(load) == 2


def test_a_disk_that_is_full_ends_the_load(load):
    load.schema.sql("CREATE TABLE t (a INT)")
    load.write("".join(f"INSERT INTO t VALUES ({i});\n" for i in range(3000)))

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    result = load.run("--force", preexec_fn=limit, restore_signals=False)
    assert (result.out, result.status) == (b"", 1)
    assert f"{load.checkpoint}: File too large" in result.err
    assert 0 < count(load) < 3000
    choices = []
    if load.run().status != 0:
        choices = [f"--checkpoint-unknown={count(load) + 1}"]
    load.run(*choices)
    assert load.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "3000\t3000"


# Dumps


@pytest.fixture(scope="module")
def sakila():
    if not all(file.is_file() for file in SAKILA):
        pytest.skip("the corpus is not beside the tree")
    home = Home()
    try:
        server = start_scratch(home)
        assert server.marsh("run", *SAKILA) == (b"", "", 0)
        yield server
    finally:
        home.remove()


def dump(server, schema, *more):
    command = [DUMP, "--no-defaults", "-uroot", f"--socket={server.socket}", "--routines", "--triggers"]
    found = subprocess.run(
        [*command, "--skip-comments", *more, schema], env=server.home.env, capture_output=True
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


# How a dump is written, and which rows it has.
WAYS = {
    "small statements": (["--skip-extended-insert"], ["--where=1 LIMIT 300"]),
    "as by default": (["--net-buffer-length=16384"], []),
    "--no-autocommit": (["--skip-extended-insert", "--no-autocommit"], ["--where=1 LIMIT 300"]),
}


def checksums(server):
    tables = server.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'sakila'"
                        " AND table_type = 'BASE TABLE' ORDER BY 1").split()  # fmt: skip
    counted = "SELECT COUNT(*) FROM information_schema.{} WHERE {} = 'sakila'"
    return (
        server.sql("CHECKSUM TABLE " + ", ".join("sakila." + table for table in tables)),
        server.sql(counted.format("routines", "routine_schema")),
        server.sql(counted.format("triggers", "trigger_schema")),
        server.sql(counted.format("views", "table_schema")),
    )


def test_a_load_that_fails_again_and_again_loads_alike(sakila, home, tmp_path):
    """Wherever the error is: in the middle of a transaction, between definitions of routines."""
    server = start_scratch(home)
    schema, data = tmp_path / "schema.sql", tmp_path / "data.sql"
    args = ["run", "--checkpoint", tmp_path / "mark", schema, data]
    dice = random.Random(7)
    # Behind a row's or a transaction's end, and in front of a definition.
    for path, source, ends in [(schema, SAKILA[0], rb"\n(?=--\n-- (?:Table|View) struct)"),
                               (data, SAKILA[1], rb"\);\n|COMMIT;\n")]:  # fmt: skip
        whole = source.read_bytes()
        schema.touch()
        data.touch()
        places = [match.end() for match in re.finditer(ends, whole)]
        for place in sorted(dice.sample(places, 10)):
            path.write_bytes(whole[:place] + b"SELECT oops;\n" + whole[place:])
            result = server.marsh(*args, timeout=120)
            assert result.status == 1
            assert "Unknown column 'oops'" in result.err, result.err
        path.write_bytes(whole)
    assert server.marsh(*args, timeout=120).status == 0
    assert checksums(server) == checksums(sakila)
    assert "Nothing left" in server.marsh(*args).err


@pytest.mark.skipif(DUMP is None, reason="mariadb-dump is not installed")
@pytest.mark.parametrize("way", WAYS)
def test_a_dump_whose_load_is_killed_is_loaded_alike(sakila, tmp_path, way):
    """What nobody knows of is looked up, as a user would, by the keys that the rows have."""
    name = "copy_" + re.sub(r"\W", "_", way)
    sakila.sql(f"CREATE DATABASE {name}")
    schema = Schema(sakila, name)
    load = Load(schema, tmp_path)
    shape, rows = WAYS[way]
    load.path.write_bytes(dump(sakila, "sakila", *shape, *rows))
    dice = random.Random(way)
    choices = []
    ended = False
    for _ in range(8):
        process = load.start(*choices, stdout=subprocess.DEVNULL)
        target = len(load.notes_so_far()) + dice.randrange(1, 40)
        err = kill_when(process, lambda: len(load.notes_so_far()) >= target)
        assert process.returncode in (0, -9), err
        ended = process.returncode == 0
        if ended:
            break
        wait_until(lambda: schema.server.value(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '" + name + "'"
        ) == "0", "the connection's end")  # fmt: skip
        choices = look(load)
    while not ended:
        result = load.run(*choices, timeout=300)
        ended = result.status == 0
        assert ended or result.status == 3, result.err
        choices = [] if ended else look(load)
    assert dump(sakila, name) == dump(sakila, "sakila", *rows)
    assert "Nothing left" in load.run().err


def look(load):
    """What a user finds out about the statements that were under way."""
    if load.notes()[-1][0] not in "st":
        return []
    result = load.run()
    span = unknown(result.err)
    line = int(re.match(rf"ERROR at {load.path}:(\d+): ", result.err)[1])
    texts = [text for begin, text in split(load.path.read_text(errors="replace")) if begin >= line]
    texts = texts[: span[1] - span[0] + 1]
    if "whether the transaction" in result.err:
        inserts = [text for text in texts if text.startswith("INSERT")]
        done = not inserts or is_done(load, inserts[-1])
        return ["--checkpoint-unknown=" + ("skip" if done else "run")]
    for number, text in enumerate(texts, span[0]):
        if not is_done(load, text):
            return [f"--checkpoint-unknown={number}"]
    return ["--checkpoint-unknown=skip"]


def split(text):
    """Each statement of a dump, with the number of the line that it begins on."""
    delimiter, statement, begin = ";", "", 0
    for number, line in enumerate(re.findall(r".*\n", text), 1):
        if line.startswith("DELIMITER "):
            delimiter = line.split()[1]
            continue
        if not statement and (line.startswith("--") or not line.strip()):
            continue
        begin = begin if statement else number
        statement += line
        if statement.rstrip().endswith(delimiter):
            yield begin, statement.rstrip()[: -len(delimiter)].strip()
            statement = ""


def is_done(load, text):
    """Whether the schema has what the statement makes."""
    value = load.schema.value
    name = re.search(r"`(\w+)`", text)
    if text.startswith("INSERT"):
        first_row = re.search(r"VALUES\s*\((.*)", text, re.S)[1]
        key = re.match(r"(\d+)(?:,(\d+))?", first_row)
        columns = value(
            f"SELECT column_name FROM information_schema.key_column_usage WHERE constraint_name ="
            f" 'PRIMARY' AND table_schema = DATABASE() AND table_name = '{name[1]}'"
            " ORDER BY ordinal_position"
        ).split()
        where = " AND ".join(f"{column} = {key[i + 1]}" for i, column in enumerate(columns))
        return value(f"SELECT COUNT(*) FROM {name[1]} WHERE {where}") == "1"
    if "TRIGGER" in text:
        trigger = re.search(r"TRIGGER `?(?:\w+`?\.`?)?(\w+)`?", text)[1]
        return value("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
                     f" AND trigger_name = '{trigger}'") == "1"  # fmt: skip
    # The others may be run twice, or fail in the open: DROP ... IF EXISTS, ALTER TABLE ... KEYS.
    made = re.search(r"CREATE (?:DEFINER=\S+ )?(PROCEDURE|FUNCTION) `(\w+)`", text)
    if made:
        return value("SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE()"
                     f" AND routine_name = '{made[2]}'") == "1"  # fmt: skip
    view = re.search(r"(?<!DROP )VIEW `(\w+)`", text)
    if text.startswith("CREATE TABLE") or view:
        return value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
                     f" AND table_name = '{(view or name)[1]}'") == "1"  # fmt: skip
    return False


# Memory


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing")
def test_neither_a_long_script_nor_a_long_checkpoint_is_held_in_memory(load):
    load.schema.sql("CREATE TABLE t (a INT)")
    groups = 500
    peak = "\\! grep VmHWM /proc/$PPID/status >&2\n"
    line = "INSERT INTO t SELECT 1 WHERE FALSE AND 'some text to make it longer' <> 'x';\n" * 200
    line += "SET @a = 1;\n"
    load.write(peak + line + "SELECT oops;\n" + peak)
    few = load.run().err
    load.checkpoint.unlink()
    load.write(peak + line * groups + "SELECT oops;\n")
    assert load.run(timeout=300).status == 1
    load.write(line.join([peak, ""]) + line * (groups - 1) + peak)
    result = load.run(timeout=300)
    assert result.status == 0, result.err
    first, last = (int(re.search(r"VmHWM:\s*(\d+)", text)[1]) for text in (few, result.err))
    assert last - first < 2 * 1024
    assert last < 16 * 1024
    succeeded(load.schema.marsh("-e", "DO 1"))
