"""Scratch servers after kills, races and stale files: the next start mends what was left."""
import os
import signal
import subprocess

import pytest

from support.run import is_alive, kill, succeeded, wait_until
from support.server import start_scratch


def folder(home, name="default"):
    return home.data / "marsh" / "scratch" / name


def recorded_pid(home, name="default"):
    return int((folder(home, name) / "server").read_text().split()[0])


def check_works(home, name="default"):
    """One server, which answers and knows its system tables."""
    server = start_scratch(home, name)
    assert server.value("SELECT COUNT(*) > 20 FROM information_schema.tables") == "1"
    assert server.value("CREATE DATABASE IF NOT EXISTS probe; SELECT 1") == "1"
    assert server.value("SELECT COUNT(*) FROM mysql.proc WHERE db = 'sys'") != "0"
    assert home.servers() == [recorded_pid(home, name)]
    return server


def test_after_the_server_was_killed(home):
    server = start_scratch(home)
    server.sql("CREATE DATABASE kept; CREATE TABLE kept.t (i INT); INSERT INTO kept.t VALUES (7)")
    kill(recorded_pid(home))
    wait_until(lambda: not home.servers(), "the server to be gone")
    assert "stopped" in home.marsh("scratch", "list").text
    assert check_works(home).value("SELECT i FROM kept.t") == "7"


def test_a_statement_starts_it_again(home):
    start_scratch(home)
    kill(recorded_pid(home))
    wait_until(lambda: not home.servers(), "the server to be gone")
    assert succeeded(home.marsh("--no-defaults", "scratch:", "-N", "-e", "SELECT 2")).out == b"2\n"


MOMENTS = {
    "the folder is made": lambda place: place.exists(),
    "bootstrap begins": lambda place: (place / "new").exists(),
    "InnoDB is there": lambda place: (place / "new" / "ibdata1").exists(),
    "the system schema is there": lambda place: (place / "new" / "mysql").exists(),
    "tables are there": lambda place: (place / "new" / "mysql" / "proc.frm").exists(),
    "the data has its name": lambda place: (place / "data").exists(),
    "the server is recorded": lambda place: (place / "server").exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_marsh_was_killed_in_the_first_start(home, moment):
    process = home.marsh.start("scratch", "start")
    place = folder(home)
    wait_until(lambda: MOMENTS[moment](place) or process.poll() is not None, moment)
    process.kill()
    process.communicate()
    check_works(home)
    assert not (place / "new").exists()


@pytest.mark.parametrize("moment", ["InnoDB is there", "tables are there"])
def test_after_all_was_killed_in_the_first_start(home, moment):
    process = home.marsh.start("scratch", "start")
    place = folder(home)
    wait_until(lambda: MOMENTS[moment](place) or process.poll() is not None, moment)
    process.kill()
    process.communicate()
    home.kill_servers()
    check_works(home)


def test_killed_at_the_start_again_and_again(home):
    for moment in MOMENTS:
        process = home.marsh.start("scratch", "start")
        wait_until(
            lambda: MOMENTS[moment](folder(home)) or process.poll() is not None, moment
        )
        process.kill()
        process.communicate()
    check_works(home)


def test_starts_at_once_start_one_server(home):
    processes = [home.marsh.start("scratch", "start") for _ in range(4)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    assert len({out for out, _ in answers}) == 1 and len(home.servers()) == 1
    check_works(home)


def test_statements_at_once_start_one_server(home):
    marsh = home.marsh.using("--no-defaults", "scratch:", "-N", "-e")
    processes = [marsh.start("SELECT @@pid_file") for _ in range(4)]
    answers = {process.communicate(timeout=60) for process in processes}
    assert len(answers) == 1 and len(home.servers()) == 1, answers


def test_start_stop_and_drop_at_once(home):
    start_scratch(home)
    verbs = ["stop", "start", "drop", "start", "stop", "start"]
    processes = [home.marsh.start("scratch", verb) for verb in verbs]
    for process in processes:
        _, err = process.communicate(timeout=60)
        fine = process.returncode == 0 or b"there is no scratch server" in err
        assert fine, err
    check_works(home)


def test_a_socket_file_deleted_under_a_running_server(home):
    server = start_scratch(home)
    server.sql("CREATE DATABASE kept")
    old = recorded_pid(home)
    os.unlink(server.socket)
    again = check_works(home)
    assert again.value("SHOW DATABASES LIKE 'kept'") == "kept"
    assert recorded_pid(home) != old and not is_alive(old)


def test_the_runtime_folder_deleted_under_a_running_server(home):
    server = start_scratch(home)
    os.unlink(server.socket)
    (home.runtime / "marsh" / "scratch").rmdir()
    (home.runtime / "marsh").rmdir()
    check_works(home)


def test_stop_and_drop_without_the_socket_file(home):
    os.unlink(start_scratch(home).socket)
    assert home.marsh("scratch", "stop") == (b"", "", 0)
    assert home.servers() == []
    os.unlink(start_scratch(home).socket)
    assert home.marsh("scratch", "drop") == (b"", "", 0)
    assert home.servers() == []


@pytest.fixture
def stranger():
    """A process that is none of marsh's business."""
    with subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("verb", ["start", "stop", "drop"])
def test_a_foreign_process_in_a_stale_record_is_not_killed(home, stranger, verb):
    server = start_scratch(home)
    record = folder(home) / "server"
    succeeded(home.marsh("scratch", "stop"))
    record.write_text(f"{stranger.pid}\n{server.socket}\n")
    assert "stopped" in home.marsh("scratch", "list").text
    result = home.marsh("scratch", verb)
    assert result.status == 0
    assert stranger.poll() is None
    if verb == "start":
        check_works(home)


def test_another_scratch_server_in_a_stale_record_is_not_killed(home):
    other = start_scratch(home, "other")
    pid = recorded_pid(home, "other")
    start_scratch(home, "mine")
    succeeded(home.marsh("scratch", "stop", "mine"))
    (folder(home, "mine") / "server").write_text(f"{pid}\n{other.socket}\n")
    mine = start_scratch(home, "mine")
    assert mine.socket != other.socket and is_alive(pid)
    assert other.value("SELECT 1") == "1" and len(home.servers()) == 2
    # Even the other's own socket does not make it ours to stop.
    (folder(home, "mine") / "server").write_text(f"{pid}\n{mine.socket}\n")
    assert home.marsh("scratch", "stop", "mine").status == 0
    assert is_alive(pid)


@pytest.mark.parametrize(
    "text", ["", "\n", "-1\n/x\n", "0\n/x\n", "1\n/x\n", "abc", "99999999999999999999\n/x\n", "\0" * 9]
)
def test_a_record_of_rubbish(home, text):
    start_scratch(home)
    succeeded(home.marsh("scratch", "stop"))
    (folder(home) / "server").write_text(text)
    assert "stopped" in home.marsh("scratch", "list").text
    check_works(home)


def test_data_that_no_server_can_start_on(home):
    start_scratch(home)
    succeeded(home.marsh("scratch", "stop"))
    (folder(home) / "data" / "ibdata1").write_bytes(b"rubbish" * 10000)
    result = home.marsh("scratch", "start")
    assert result.status != 0 and result.out == b""
    assert "the scratch server did not start: " in result.err and "[ERROR]" in result.err
    assert str(folder(home) / "log") in result.err
    assert home.servers() == []
    # What can't be mended can be dropped.
    succeeded(home.marsh("scratch", "drop"))
    check_works(home)


def test_marsh_ended_by_a_signal_leaves_the_server(home):
    server = start_scratch(home)
    process = server.marsh.start("-e", "SELECT SLEEP(60), 'till-term'")
    server.wait_running("till-term")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert server.value("SELECT 1") == "1"


def test_a_signal_to_the_group_of_marsh_leaves_the_server(home):
    """Ctrl-C in a terminal goes to every process of the group, which the server is not in."""
    process = home.marsh.start(
        "scratch:", "--no-defaults", "-e", "SELECT SLEEP(60)", start_new_session=True
    )
    wait_until(lambda: (folder(home) / "server").exists(), "the server to be recorded")
    server = start_scratch(home)
    server.wait_running("SLEEP(60)")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert server.value("SELECT 1") == "1"
