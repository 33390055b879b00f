"""The data folder of one suite: where everything lies, who holds it, and its master secret."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from stack.trouble import Trouble


class Home:
    """One folder, held by at most one suite at a time."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).absolute()
        self._claim: TextIOWrapper | None = None

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.folder / "logs"

    @property
    def postgres(self) -> Path:
        """The cluster of the embedded PostgreSQL."""
        return self.folder / "pg"

    @property
    def valkey(self) -> Path:
        """The append-only files of the embedded Redis-compatible server."""
        return self.folder / "valkey"

    @property
    def blobs(self) -> Path:
        """Pictures and attachments."""
        return self.folder / "blobs"

    @property
    def mail(self) -> Path:
        """Letters, a file each, while there is no mail server to give them to."""
        return self.folder / "mail"

    @property
    def state_file(self) -> Path:
        """What runs now, for status, logs and down."""
        return self.folder / "state.json"

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Create the folders. 711, so that a dropped user may reach its own folder below."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        for folder in (self.logs, self.valkey):
            folder.mkdir(mode=0o700, exist_ok=True)

    def hold(self) -> None:
        """Become its only suite, or Trouble. The kernel lets go when this process dies."""
        self.make()
        claim = (self.folder / "lock").open("a")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            raise Trouble(
                f"A suite already runs on {self.folder}.",
                "See it with ./moim status, stop it with ./moim down.",
            ) from None
        self._claim = claim

    def release(self) -> None:
        """Let another suite have it."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    @property
    def is_mine(self) -> bool:
        """Whether this object holds it."""
        return self._claim is not None

    def is_held(self) -> bool:
        """Whether some suite runs on it."""
        if self.is_mine:
            return True
        try:
            with (self.folder / "lock").open("a") as claim:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def master(self) -> bytes:
        """The master secret, made at the first call."""
        path = self.folder / "secret"
        try:
            return bytes.fromhex(path.read_text().strip())
        except FileNotFoundError:
            pass
        except ValueError:
            raise Trouble(f"{path} is damaged.", FRESH_MEND) from None
        if self.postgres.exists():
            raise Trouble(
                f"{path} is missing, but there is data that was made with it.", FRESH_MEND
            )
        secret = secrets.token_bytes(32)
        self.make()
        write_private(path, secret.hex() + "\n")
        return secret

    def state(self) -> dict[str, Any]:
        """What the running or the last suite wrote down; empty when nothing did."""
        try:
            found = json.loads(self.state_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace it whole."""
        write_private(self.state_file, json.dumps(state, indent=1) + "\n")

    def clear_state(self) -> None:
        """Nothing runs."""
        self.state_file.unlink(missing_ok=True)

    def set_aside(self) -> Path | None:
        """Move the data of the databases aside, so that the next start is fresh; where it went."""
        kept = [path for path in self.folder.glob("*") if path.name in _DATA]
        if not kept:
            return None
        aside = self.folder / time.strftime("old-%Y%m%d-%H%M%S")
        while aside.exists():
            aside = aside.with_name(aside.name + "-1")
        aside.mkdir(mode=0o700)
        for path in kept:
            path.rename(aside / path.name)
        return aside


_DATA = frozenset({"pg", "pg.init", "valkey", "secret", "files", "mail"})

FRESH_MEND = (
    "Put a backup in its place, or start anew with ./moim up --fresh, "
    "which moves the old data aside and deletes nothing."
)
"""What helps when data cannot be read."""


def write_private(path: Path, text: str) -> None:
    """Write a file only we may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
