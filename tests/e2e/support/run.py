"""Running marsh and the reference client, in an environment that has nothing of the caller's."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"
# Whether every command that can be is done by a keeper.
THROUGH_KEEPER = os.environ.get("MARSH_THROUGH_KEEPER") == "1"
REFERENCE = shutil.which("mariadb")

# What a sanitizer or the loader needs; all else of the caller's environment stays out.
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH")


def marsh_binary():
    """The marsh to test: MARSH_BIN, as an absolute path."""
    path = os.environ.get("MARSH_BIN")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError("set MARSH_BIN to the marsh to test")
    return os.path.abspath(path)


def is_sanitized():
    """Whether marsh was built with a sanitizer: then its memory and time say nothing."""
    text = pathlib.Path(marsh_binary()).read_bytes()
    return b"__asan_init" in text or b"__tsan_init" in text


# Tests that are of the process itself, as of its death, run it without a keeper: see conftest.py.
alone = False


class Result(typing.NamedTuple):
    out: bytes
    err: str
    status: int

    @property
    def text(self):
        return self.out.decode()

    @property
    def lines(self):
        return self.out.decode().splitlines()


class Client:
    """A program with its first arguments and its environment; call it with the rest."""

    def __init__(self, program, env, args=()):
        self.program = program
        self.env = env
        self.args = tuple(args)

    def using(self, *args, **env):
        return Client(self.program, {**self.env, **env}, self.args + args)

    def command(self, *args):
        return [self.program, *self.args, *map(os.fspath, args)]

    def start(self, *args, env=None, **popen):
        """A running process; standard input is empty unless popen says otherwise."""
        if alone:
            env = {"MARSH_KEEPER": "off", **(env or {})}
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(self.command(*args), env={**self.env, **(env or {})}, **popen)

    def __call__(self, *args, stdin=b"", env=None, timeout=60, **popen):
        """Runs it to its end. stdin is text, bytes or an open file."""
        given = None
        if isinstance(stdin, (str, bytes)):
            given = stdin.encode() if isinstance(stdin, str) else stdin
            stdin = subprocess.PIPE
        process = self.start(*args, env=env, stdin=stdin, **popen)
        try:
            out, err = process.communicate(given, timeout=timeout)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return Result(out or b"", (err or b"").decode(errors="replace"), process.returncode)


def succeeded(result):
    """The result, which has to be without an error."""
    assert (result.status, result.err) == (0, ""), result
    return result


# A process's peak is at least that of the one that it was forked from: a small one does it.
MEASURE = """import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def peak_kb(command, env, stdin=None):
    """The most memory that the command held, in KiB; what it writes goes nowhere."""
    done = subprocess.run(
        ["/usr/bin/python3", "-S", "-E", "-c", MEASURE, *map(os.fspath, command)],
        env=env, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


def excerpt(line, column, before, behind):
    """What an error shows of the line, with a caret between the two texts."""
    place = f"  {line}:{column}"
    return f"{place} | {before}{behind}\n{' ' * len(place)} | {' ' * len(before)}^\n"


class Home:
    """A home directory and XDG directories of a test's own, under a path short enough for sockets.

    What marsh leaves running in it ends with it.
    """

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
        self.config = self.path / "c" / "marsh" / "marsh.conf"
        self.runtime = self.path / "r"
        self.data = self.path / "d"
        self.config.parent.mkdir(parents=True)
        self.runtime.mkdir(mode=0o700)
        (self.path / "t").mkdir()
        self.env = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.env.setdefault("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        self.env |= {
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.path),
            "TMPDIR": str(self.path / "t"),
            "XDG_CONFIG_HOME": str(self.path / "c"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_DATA_HOME": str(self.data),
            "XDG_STATE_HOME": str(self.path / "s"),
        }
        if THROUGH_KEEPER:
            self.env["MARSH_KEEPER"] = "auto"
        self.marsh = Client(marsh_binary(), self.env)

    def write(self, name, text, mode=0o600):
        """A file in the home directory."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    def servers(self):
        """The ids of the server processes whose data is in this home."""
        mark = b"--datadir=" + os.fsencode(self.path) + b"/"
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"mariadbd" in line[0] or b"mysqld" in line[0]:
                if any(word.startswith(mark) for word in line):
                    found.append(int(entry.name))
        return found

    def kill_servers(self):
        def gone():
            for pid in self.servers():
                kill(pid)
            return not self.servers()

        wait_until(gone, "the servers to end")

    def stop_keeper(self):
        self.marsh("keeper", "stop", timeout=60)

    def remove(self):
        if (self.runtime / "marsh" / "keeper").exists():
            self.stop_keeper()
        self.kill_servers()
        log = self.path / "s" / "marsh" / "keeper.log"
        found = log.read_text(errors="replace") if log.exists() else ""
        shutil.rmtree(self.path, ignore_errors=True)
        # What a sanitizer has found in a keeper.
        assert "Sanitizer" not in found and "runtime error" not in found, found


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def is_alive(pid):
    """Whether the process runs; one that has ended but is not waited for does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition, what, timeout=30):
    """Looks until the condition holds, and returns what it said; fails after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {timeout} s in vain for {what}"
        time.sleep(0.005)
