"""marsh on a terminal: pexpect drives it, a pyte screen shows what a user would see."""
import contextlib
import re

import pexpect
import pyte

from support.run import wait_until

CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"


class Terminal:
    """A running program on a terminal of its own. `raw` is every byte it wrote."""

    def __init__(self, client, *args, columns=120, rows=40, env=None):
        self.screen = pyte.HistoryScreen(columns, rows, history=10000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        command = client.command(*args)
        self.process = pexpect.spawn(
            command[0],
            command[1:],
            env={**client.env, "TERM": "xterm", "INPUTRC": "/dev/null", **(env or {})},
            dimensions=(rows, columns),
            timeout=30,
            logfile=None,
        )
        self.process.logfile_read = self
        self.process.delaybeforesend = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close(force=True)

    def write(self, data):
        self.raw += data
        self.stream.feed(data)

    def flush(self):
        pass

    def expect(self, *texts):
        """Waits for each text in turn."""
        for text in texts:
            self.process.expect_exact(text.encode())

    def send(self, text):
        self.process.send(text)

    def line(self, text):
        """Types a line, as a user does: Enter is a carriage return."""
        self.process.send(text + "\r")

    def settle(self, condition, what):
        """Reads on until the condition holds of the screen."""

        def holds():
            try:
                self.process.read_nonblocking(65536, timeout=0)
            except (pexpect.TIMEOUT, pexpect.EOF):
                pass
            return condition()

        return wait_until(holds, what)

    def finish(self):
        """Reads to the end; the exit status."""
        self.process.expect(pexpect.EOF)
        self.process.wait()
        return self.process.exitstatus

    @property
    def lines(self):
        """What is on the screen, without the empty rest."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n").split("\n")

    @property
    def cursor_line(self):
        return self.screen.display[self.screen.cursor.y].rstrip()


class Shell(Terminal):
    """A shell at its first prompt. `prompt` is what it ends with: the schema and the mark."""

    def __init__(self, home, schema, *args, prompt=None, **options):
        env = {name: home.env[name] for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        super().__init__(schema.marsh, *args, env=env, **options)
        self.prompt = f":{schema.name}> " if prompt is None else prompt
        self.expect(self.prompt)

    def run(self, text, prompt=None):
        """Types a line, and returns what is shown up to the next prompt."""
        self.line(text)
        self.expect("\r\n", prompt or self.prompt)
        shown = re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", self.process.before).decode()
        return shown.replace("\r\n", "\n").lstrip("\r").rpartition("\n")[0]

    def value(self, sql):
        """The one value of a statement, in a form without borders."""
        found = re.search(r"\nvalue: (.*)\n", "\n" + self.run(f"SELECT {sql} AS value\\G") + "\n")
        assert found, sql
        return found[1]


@contextlib.contextmanager
def on_terminal(client, *args, env=None, timeout=30):
    """A client's process with a terminal; it is gone when the block ends."""
    program, *rest = client.command(*args)
    child = pexpect.spawn(
        program,
        rest,
        env={**client.env, "TERM": "xterm", **(env or {})},
        dimensions=(40, 200),
        encoding="utf-8",
        timeout=timeout,
    )
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child):
    """The exit status, once the process has ended by itself."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus
