"""Members of communities, as locust plays them: each logs in once, stays connected, reads, types,
writes, reacts, changes rooms, and mostly does nothing.

`./moim load` prepares everything and runs this; by hand: `MOIM_CROWD=people.json locust -f
loadtest/locustfile.py --host http://localhost:8080`.
"""

from __future__ import annotations

import itertools
import os
import random
from pathlib import Path
from typing import Any
from uuid import uuid4

from locust import FastHttpUser, LoadTestShape, between, events, task

from loadtest.bench.report import progress
from loadtest.crowd import pace, town
from loadtest.crowd.wire import HEARD_WITHIN_S, Wire, now_ms

_PEOPLE = itertools.cycle(town.kept(Path(os.environ["MOIM_CROWD"])))
_STEP_S = 20.0


class Member(FastHttpUser):
    """One person with one open client."""

    wait_time = between(1, 5)

    def on_start(self) -> None:
        """Take a name and open the client."""
        self._me = next(_PEOPLE)
        self._room = random.choice(self._me.channels)
        self._sent: dict[str, float] = {}
        assert self.host is not None
        self._wire = Wire(
            self.host.replace("http", "ws", 1) + "/?v=10", self._me.token, self._heard
        )
        self._connect()

    def on_stop(self) -> None:
        """Close the client."""
        self._wire.close()

    @task(6)
    def idle(self) -> None:
        """Look at the screen."""
        if not self._wire.is_open:
            self._connect()
        self._give_up()

    @task(4)
    def write(self) -> None:
        """Type, then send."""
        self._ask("POST", "typing")
        nonce = uuid4().hex[:24]
        self._sent[nonce] = now_ms()
        form = {"content": f"Shall we meet at {random.randint(1, 12)}?", "nonce": nonce}
        if self._ask("POST", "messages", json=form) is None:
            self._sent.pop(nonce, None)

    @task(5)
    def read(self) -> None:
        """Look back."""
        self._ask("GET", "messages?limit=50", name="messages")

    @task(2)
    def react(self) -> None:
        """Like the last message."""
        last = self._ask("GET", "messages?limit=1", name="messages")
        if last:
            path = f"messages/{last[0]['id']}/reactions/%F0%9F%91%8D/@me"
            self._ask("PUT", path, name="messages/reactions")

    @task(3)
    def change_room(self) -> None:
        """Go where something may be going on."""
        self._room = random.choice(self._me.channels)
        self.read()

    def _ask(self, method: str, path: str, *, name: str = "", **more: Any) -> Any:
        label = f"{method} /channels/…/{name or path}"
        url = f"/api/v10/channels/{self._room}/{path}"
        headers = {"Authorization": self._me.token}
        with self.client.request(
            method, url, name=label, headers=headers, catch_response=True, **more
        ) as response:
            # What the caller may not do is not the house's failure; a 5xx or silence is.
            if 400 <= response.status_code < 500:
                response.success()
                return None
            if response.status_code == 0 or response.status_code >= 500:
                return None
            return response.json() if response.content else True

    def _connect(self) -> None:
        began, failure = now_ms(), None
        try:
            self._wire.open()
        except Exception as error:
            failure = error
        _tell("READY", now_ms() - began, failure)

    def _heard(self, nonce: str) -> None:
        began = self._sent.pop(nonce, None)
        if began is not None:
            _tell("MESSAGE_CREATE of one's own", now_ms() - began, None)

    def _give_up(self) -> None:
        for nonce, began in list(self._sent.items()):
            if now_ms() - began > HEARD_WITHIN_S * 1_000:
                del self._sent[nonce]
                _tell(
                    "MESSAGE_CREATE of one's own", HEARD_WITHIN_S * 1_000, TimeoutError("unheard")
                )


def _tell(name: str, took_ms: float, failure: Exception | None) -> None:
    events.request.fire(
        request_type="WS",
        name=name,
        response_time=took_ms,
        response_length=0,
        exception=failure,
        context={},
    )


class Crowd(LoadTestShape):
    """How many are here; the shape is MOIM_SHAPE."""

    def __init__(self) -> None:
        super().__init__()
        self._users = int(os.environ.get("MOIM_USERS", "100"))
        self._seconds = float(os.environ.get("MOIM_SECONDS", "180"))
        self._shape = os.environ.get("MOIM_SHAPE", "ramp")
        self._search = pace.Search(min(20, self._users), self._users)
        self._step_began: float | None = None
        self._before = pace.Tally()

    def tick(self) -> tuple[int, float] | None:
        """How many members there should be now, and how many may come per second."""
        at = self.get_run_time()
        if self._shape == "find":
            return self._find(at)
        if at > self._seconds:
            return None
        wanted = pace.SHAPES[self._shape](at, self._users, self._seconds)
        return wanted, self._users if self._shape == "storm" else max(1.0, self._users / 20)

    def _find(self, at: float) -> tuple[int, float] | None:
        assert self.runner is not None
        if self.runner.user_count != self._search.users:
            # Who only just arrives, or leaves, is no measure of what is usual.
            self._step_began = None
        elif self._step_began is None:
            self._step_began, self._before = at, self._tally()
        elif at - self._step_began >= _STEP_S:
            self._judge()
        if self._search.is_over or at > self._seconds:
            return None
        return self._search.users, max(1.0, self._search.users / 5)

    def _tally(self) -> pace.Tally:
        assert self.runner is not None
        total = self.runner.stats.total
        return pace.Tally(
            total.num_requests,
            total.num_failures,
            total.total_response_time,
            dict(total.response_times),
        )

    def _judge(self) -> None:
        assert self.runner is not None
        # Of this step alone; what the report shows is the whole search.
        look = self._tally().since(self._before)
        verdict = "well" if look.holds() else "badly"
        progress(
            f"{self._search.users} members are served {verdict}: {look.errors} errors of"
            f" {look.requests}, mean {look.mean_ms:.0f} ms, p99 {look.p99_ms:.0f} ms"
        )
        self._search.judge(look)
        self._step_began = None
        Path(os.environ["MOIM_FOUND"]).write_text(str(self._search.best))
