"""Where a call by hand goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.trouble import Trouble
from stack.verbs.call import way


def test_a_container_knows_its_own_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_KEYRING", "id.gateway:aa,gateway>user:bb,gateway>chat:cc")
    monkeypatch.setenv("GATEWAY_NEIGHBOURS", "user=user:8001,chat=chat:8001")
    assert way("gateway", "user") == (("user", 8001), "bb")


def test_elsewhere_something_has_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GATEWAY_KEYRING", raising=False)
    monkeypatch.setenv("MOIM_HOME", str(tmp_path))
    with pytest.raises(Trouble, match="Nothing runs"):
        way("gateway", "user")
