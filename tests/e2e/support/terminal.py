"""marsh on a terminal of the test's own."""
import contextlib

import pexpect


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
