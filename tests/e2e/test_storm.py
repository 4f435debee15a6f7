"""Many threads on a small pool over a real server, while connections are killed: see storm.c."""
import os
import pathlib

import pytest

from support.run import Client, marsh_binary


def test_nothing_is_lost_or_done_twice_where_connections_are_killed_at_random(own_server):
    program = pathlib.Path(marsh_binary()).parent / "tests" / "storm"
    if not program.exists():
        pytest.skip(f"{program.name} is not built beside marsh")
    seconds = os.environ.get("MARSH_SERVER_STORM_SECONDS", "3")
    storm = Client(program, own_server.home.env).using(MARSH_STORM_SECONDS=seconds)
    result = storm(own_server.socket, timeout=int(seconds) + 400)
    assert (result.status, result.err) == (0, ""), result.text + result.err
    print(result.text)
