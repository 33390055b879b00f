"""The whole suite with stand-in services: what a person at the keyboard relies on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from stack import leftovers
from stack.environ import ROOT
from stack.suite import Suite
from stack.trouble import Trouble

Make = Callable[..., Suite]


async def test_it_starts_in_waves_and_leaves_nothing_behind(tiny: Make) -> None:
    said: list[str] = []
    async with tiny(gateways=2, report=said.append) as suite:
        names = ["gateway", "gateway-2", "chat", "media", "postgres", "valkey"]
        pids = [suite.process(name).pid for name in names]
        assert all(said.is_ready for said in (await suite.readiness()).values())
        assert suite.url == f"http://127.0.0.1:{suite.ports.public}"
        state = json.loads(suite.home.state_file.read_text())
        assert state["phase"] == "ready"
        assert set(state["processes"]) == set(names)
    assert said.index("chat is ready") < said.index("gateway is ready")
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not suite.home.state_file.exists()
    assert "drained" in suite.log_path("chat").read_text()


async def test_data_survives_a_restart_of_everything(tiny: Make) -> None:
    for turn in range(2):
        async with tiny(services=[]) as suite:
            connection = await asyncpg.connect(suite.backing.database_url("chat"))
            await connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
            await connection.execute("INSERT INTO note VALUES ('kept')")
            assert await connection.fetchval("SELECT count(*) FROM note") == turn + 1
            await connection.close()


async def test_a_killed_process_comes_back(tiny: Make) -> None:
    async with tiny() as suite:
        for name in ("chat", "valkey", "postgres"):
            before = suite.process(name).pid
            await suite.kill(name)
            await suite.wait_ready(name)
            assert suite.process(name).pid != before


async def test_a_process_can_be_kept_dead_and_restarted_by_hand(tiny: Make) -> None:
    async with tiny(restarts=False, services=["chat"]) as suite:
        await suite.kill("chat")
        assert suite.process("chat").code == -signal.SIGKILL
        with pytest.raises(Trouble, match="not ready within"):
            await suite.wait_ready("chat", within=0.3)
        await suite.restart("chat")
        assert suite.process("chat").is_alive


async def test_a_service_that_ends_at_once_is_told_with_its_last_words(tiny: Make) -> None:
    suite = tiny(extra_env={"CHAT_MARK": "crash"})
    with pytest.raises(Trouble, match="the settings are wrong"):
        await suite.start()
    assert not suite.home.is_held()


async def test_a_service_that_never_gets_ready_is_told_with_its_trouble(tiny: Make) -> None:
    suite = tiny(extra_env={"CHAT_SLOW": "60"}, ready_within=1.0)
    with pytest.raises(Trouble, match="start: slow"):
        await suite.start()


async def test_a_service_that_does_not_drain_is_killed(tiny: Make) -> None:
    said: list[str] = []
    async with tiny(
        services=["media"], extra_env={"MEDIA_MARK": "stubborn"}, report=said.append
    ) as suite:
        pid = suite.process("media").pid
        suite.hurry()
    assert not psutil.pid_exists(pid)


async def test_a_second_suite_on_the_same_folder_is_refused(tiny: Make) -> None:
    async with tiny(services=[]):
        with pytest.raises(Trouble, match="already runs"):
            await tiny(services=[]).start()


async def test_a_port_in_use_is_named(tiny: Make) -> None:
    async with tiny(services=["media"]) as suite:
        port = suite.ports.public
        other = tiny(services=["media"], port=port)
        other.home = type(other.home)(suite.home.folder.with_name("other"))
        with pytest.raises(Trouble, match=r"Port \d+ .* already in use.*--port"):
            await other.start()


async def test_a_data_folder_that_cannot_be_read_is_told_and_set_aside(tiny: Make) -> None:
    async with tiny(services=[]) as suite:
        pass
    (suite.home.postgres / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(Trouble, match=r"PostgreSQL cannot use.*--fresh"):
        await tiny(services=[]).start()
    aside = suite.home.set_aside()
    assert aside is not None
    assert (aside / "pg" / "PG_VERSION").exists()
    async with tiny(services=[]):
        pass


_DRIVER = """
import asyncio, pathlib, sys
from stack import leftovers
from stack.environ import ROOT
from stack.suite import Suite
from tests.service.stack.conftest import TINY

async def main(home, sources):
    suite = Suite(home, table=TINY, cwd=sources, extra_env={"MEDIA_MARK": "stubborn"})
    await suite.start()
    print("up", flush=True)
    await asyncio.Event().wait()

asyncio.run(main(*map(pathlib.Path, sys.argv[1:])))
"""


async def test_after_kill_9_nothing_is_left_and_the_next_start_works(
    tiny: Make, tmp_path: Path
) -> None:
    home, sources = tmp_path / "home", tmp_path / "sources"
    with subprocess.Popen(
        [sys.executable, "-c", _DRIVER, str(home), str(sources)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"up\n"
        marks = json.loads((home / "state.json").read_text())["processes"]
        driver.kill()
    processes = [psutil.Process(mark["pid"]) for name, mark in marks.items() if name != "media"]
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert leftovers.is_alive(marks["media"])
    said: list[str] = []
    async with tiny(report=said.append):
        assert "ending what a killed suite left: media" in said
    assert not leftovers.is_alive(marks["media"])
