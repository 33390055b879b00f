"""Real peers on loopback, and both presses where there is a compiler."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from media_sfu.kernel import building
from media_sfu.settings import Kernel


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves 127.0.0.1 out of its candidates; here it is all there is."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.fixture(scope="session", autouse=True)
def built() -> Path | None:
    """The press in C: which one a worker has shall not depend on what ran before."""
    with contextlib.suppress(building.NotBuilt):
        return building.build()
    return None


@pytest.fixture(params=[Kernel.PURE, Kernel.COMPILED])
def kernel(request: pytest.FixtureRequest, built: Path | None) -> Kernel:
    """Each press."""
    if request.param is Kernel.COMPILED and built is None:
        pytest.skip("no C compiler")
    return Kernel(request.param)
