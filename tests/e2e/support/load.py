"""Loading a script with a checkpoint, and what the run says of it."""
import pytest


class Load:
    """A script in a file of its own, its checkpoint, and the schema that it is loaded into."""

    def __init__(self, schema, folder):
        self.schema = schema
        self.path = folder / "load.sql"
        self.checkpoint = folder / "mark"
        self.behind = []  # scripts that follow

    def write(self, text):
        self.path.write_text(text)
        return self

    def args(self, *more):
        return ["run", "--checkpoint", self.checkpoint, *more, self.path, *self.behind]

    def run(self, *more, **popen):
        return self.schema.marsh(*self.args(*more), **popen)

    def start(self, *more, **popen):
        return self.schema.marsh.start(*self.args(*more), **popen)

    def notes(self):
        """What is noted, without the two lines in front."""
        return self.checkpoint.read_text().splitlines()[2:]

    def notes_so_far(self):
        """The same, of a run that may have only begun."""
        return self.notes() if self.checkpoint.exists() else []

    def forget(self, count):
        """As if marsh had died before it wrote the last lines."""
        lines = self.checkpoint.read_text().splitlines(keepends=True)
        self.checkpoint.write_text("".join(lines[: len(lines) - count]))

    def die_at(self, letter):
        """As if marsh had died right behind its last such note."""
        lines = self.checkpoint.read_text().splitlines(keepends=True)
        while not lines[-1].startswith(letter + " "):
            lines.pop()
        self.checkpoint.write_text("".join(lines))

    def kill_at(self, mark, *more, **popen):
        """Ends marsh, and then its connection, while the server runs a statement with this text."""
        process = self.start(*more, **popen)
        (connection,) = self.schema.server.wait_running(mark)
        process.kill()
        out, err = process.communicate()
        self.schema.server.sql(f"KILL {connection}")
        self.schema.server.wait_not_running(mark)
        return out, err.decode()


@pytest.fixture
def load(schema, tmp_path):
    return Load(schema, tmp_path)


def went_on(place, count, rest=""):
    """What is said where a run goes on behind so many statements."""
    plural = "" if count == 1 else "s"
    return f"Going on at {place}, after {count} statement{plural}{rest}.\n"


def nothing_left(count, rest=""):
    return f"Nothing left: all {count} statements are done{rest}.\n"
