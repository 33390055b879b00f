"""The reference of a running house says what the documentation says."""

from __future__ import annotations

import re

import httpx
import pytest

from stack.environ import ROOT
from stack.suite import Suite

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

_ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)` \|", re.MULTILINE)
_SLOT = re.compile(r"\{\w+\}")


async def test_every_documented_operation_is_in_the_reference_and_no_other(house: Suite) -> None:
    async with httpx.AsyncClient(base_url=house.url) as client:
        found = (await client.get("/api/openapi.json")).raise_for_status().json()
        page = (await client.get("/api/docs")).raise_for_status()
    told: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for path, item in found["paths"].items():
        for method, operation in item.items():
            told["servers" in operation].add((method.upper(), _SLOT.sub("{}", path)))
    written = (ROOT / "docs" / "protocols" / "rest.md").read_text(encoding="utf-8")
    documented = {(method, _SLOT.sub("{}", path)) for method, path in _ROW.findall(written)}
    # What stands at the root of the site may be documented, and need not be.
    assert told[False] == documented - told[True]
    names = [each["operationId"] for item in found["paths"].values() for each in item.values()]
    assert len(names) == len(set(names))
    assert page.headers["content-type"].startswith("text/html")
    assert "://" not in page.text, "the page loads nothing from elsewhere"
