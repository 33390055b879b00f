"""The verbs as a person uses them: processes of their own, stand-ins for the services."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack import leftovers
from stack.environ import ROOT
from stack.ports import reserved
from stack.services import HOUSE
from tests.fixtures.homes import move
from tests.service.stack.conftest import STAND_IN

_UP = """
import functools, pathlib, sys
from stack import __main__
from stack.verbs import up

up.Suite = functools.partial(up.Suite, cwd=pathlib.Path(sys.argv[1]))
sys.exit(__main__.main(sys.argv[2:]))
"""


class House:
    """A data folder and stand-ins for all services."""

    def __init__(self, folder: Path, port: int) -> None:
        self.home = folder / "home"
        self.port = port
        self.sources = folder / "sources"
        self.sources.mkdir()
        for row in HOUSE:
            (self.sources / f"{row.module}.py").write_text(STAND_IN.format(prefix=row.prefix))
        self.env = {**os.environ, "MOIM_HOME": str(self.home)}

    @contextmanager
    def up(self, *options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Run `up`; killed at the end if it still runs."""
        argv = [sys.executable, "-c", _UP, str(self.sources), "up", f"--port={self.port}", *options]
        with subprocess.Popen(
            argv,
            cwd=ROOT,
            env={**self.env, **variables},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    def verb(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another verb to its end."""
        argv = [sys.executable, "-m", "stack", *words]
        return subprocess.run(
            argv, cwd=ROOT, env=self.env, text=True, capture_output=True, check=False, timeout=60
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house on free ports."""
    with reserved() as port:
        yield House(tmp_path, port)


@pytest.fixture
def old_house(house: House, bare_home: Path) -> House:
    """One that was up before."""
    move(bare_home, house.home)
    return house


def _until(running: subprocess.Popen[str], words: str) -> list[str]:
    assert running.stdout is not None
    heard = []
    for line in running.stdout:
        heard.append(line)
        if words in line:
            return heard
    raise AssertionError("".join(heard))


def test_up_status_logs_and_down(house: House) -> None:
    with house.up("--gateways", "2", "--sfu", "2") as running:
        heard = "".join(_until(running, "Ctrl-C stops everything"))
        assert f"http://127.0.0.1:{house.port}" in heard
        assert heard.index("making a PostgreSQL cluster") < heard.index("gateway-2 is ready")
        status = house.verb("status", "--json")
        said = json.loads(status.stdout)
        assert status.returncode == 0
        assert said["ready"]
        assert {row["name"] for row in said["processes"]} == {
            *HOUSE.names(),
            "gateway-2",
            "media-2",
            "postgres",
            "valkey",
        }
        assert "ready" in house.verb("status").stdout
        assert "chat listening" in house.verb("logs", "chat", "-n", "5").stdout
        assert "There are logs of: " in house.verb("logs", "nobody").stderr
        second = house.verb("up", f"--port={house.port}")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert "Traceback" not in second.stderr
        assert "the data is kept" in house.verb("down").stdout
        assert running.wait(20) == 0
    assert house.verb("status").returncode == 1
    assert "nothing runs" in house.verb("down").stdout
    assert not (house.home / "state.json").exists()


def test_ctrl_c_drains_and_a_damaged_process_table_does_no_harm(old_house: House) -> None:
    (old_house.home / "state.json").write_text('{"processes": {"chat": {"pid": "x"}}}')
    with old_house.up() as running:
        _until(running, "Ctrl-C stops everything")
        running.send_signal(signal.SIGINT)
        heard = "".join(_until(running, "stopped in"))
        assert "chat" in heard
        assert "drained" in heard
        assert running.wait(20) == 0


def test_ctrl_c_while_starting_leaves_nothing(old_house: House) -> None:
    with old_house.up(CHAT_SLOW="60") as running:
        _until(running, "media is ready")
        marks = json.loads((old_house.home / "state.json").read_text())["processes"]
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 1
    assert not any(leftovers.is_alive(mark) for mark in marks.values())


def test_a_failing_service_is_told_without_a_traceback_of_ours(old_house: House) -> None:
    with old_house.up(CHAT_MARK="crash") as running:
        heard = "".join(_until(running, "All of it"))
        assert "the settings are wrong" in heard
        assert "Traceback" not in heard
        assert running.wait(20) == 1


def test_fresh_moves_the_old_data_aside(house: House) -> None:
    (house.home / "pg").mkdir(parents=True)
    (house.home / "pg" / "PG_VERSION").write_text("9")
    with house.up() as running:
        heard = "".join(_until(running, "--fresh"))
        assert "cannot" in heard or "missing" in heard
        assert running.wait(20) == 1
    with house.up("--fresh") as running:
        _until(running, "Ctrl-C stops everything")
    kept = list(house.home.glob("old-*/pg/PG_VERSION"))
    assert [path.read_text() for path in kept] == ["9"]


def test_detach_tells_why_a_suite_did_not_start(house: House) -> None:
    # `up --detach` starts `python -m stack up` by itself, which knows nothing of stand-ins: what it
    # does with a suite that cannot start is what is looked at here.
    place = house.home / "pg"
    place.mkdir(parents=True)
    done = house.verb("up", "--detach", f"--port={house.port}")
    assert done.returncode == 1
    assert "is missing, but there is data" in done.stdout


def test_doctor_finds_a_taken_port_and_says_the_mend(house: House) -> None:
    well = house.verb("doctor", f"--port={house.port}")
    assert well.returncode == 0, well.stdout
    with _somebody_on(house.port):
        ill = house.verb("doctor", f"--port={house.port}")
    assert ill.returncode == 1
    assert f"Port {house.port} (public) is already in use." in ill.stdout


def test_env_writes_secrets_once_and_only_for_us(house: House, tmp_path: Path) -> None:
    target = tmp_path / "dot.env"
    assert house.verb("env", "--to", str(target)).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    text = target.read_text()
    again = house.verb("env", "--to", str(target))
    assert again.returncode == 1
    assert "exists" in again.stderr
    assert target.read_text() == text


@contextmanager
def _somebody_on(port: int) -> Iterator[None]:
    """Somebody else on a port."""
    with socket.create_server(("127.0.0.1", port)):
        yield
