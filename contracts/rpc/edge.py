"""What gateways say to each other."""

from __future__ import annotations

from contracts.rpc.base import Call, Done


class ReleaseSession(Call[Done]):
    """Another gateway takes this session over: close its socket here, if there is one."""

    service = "gateway"
    callers = frozenset({"gateway"})
    deadline = 1.0

    session_id: str
