"""The documentation says what the code says: links lead somewhere, and nothing that is declared is
left out.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from contracts import events, rpc
from contracts.closecodes import Close
from contracts.events.base import Event
from contracts.rpc.base import Ask, Call
from gateway.rest.rows import ROWS, Row
from tests.architecture.tree import ROOT, SERVICES, sources

DOCS = ROOT / "docs"
PROTOCOLS = DOCS / "protocols"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md"))

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_ROUTE = re.compile(r"routes\.(get|post|put|patch|delete)\(\s*\"([^\"]*)\"")
_PREFIX = re.compile(r"prefix=\"([^\"]+)\"")
_METRIC = re.compile(
    r"\.(?:counter|gauge|histogram|durations)\(\s*\"([a-z_]+)\"|\"moim_([a-z_]+)\""
)
_OF_PROMETHEUS = re.compile(r"_(total|count|sum|bucket)$")


@cache
def _lines(page: Path) -> list[str]:
    return page.read_text(encoding="utf-8").splitlines()


def _row(page: str, start: str) -> str:
    """The line of a table that begins like this."""
    found = [line for line in _lines(PROTOCOLS / page) if line.startswith(start)]
    assert len(found) == 1, f"docs/protocols/{page} needs one line that begins {start}"
    return found[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _FENCED.sub("", "\n".join(_lines(page)))
    targets = [link.partition("#")[0] for link in _LINK.findall(text) if "://" not in link]
    assert not [target for target in targets if target and not (page.parent / target).exists()]


def test_every_page_can_be_found_from_the_map() -> None:
    links = _LINK.findall("\n".join(_lines(DOCS / "README.md")))
    mapped = {(DOCS / link).resolve() for link in links}
    assert not set(DOCS.rglob("*.md")) - mapped - {DOCS / "README.md"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_page_of_at_most_eighty_lines(service: str) -> None:
    assert len(_lines(DOCS / "services" / f"{service}.md")) <= 80


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.pattern)
def test_every_path_of_the_edge_is_documented_with_its_owner_and_limits(row: Row) -> None:
    line = _row("rest.md", f"| `{row.pattern}` | {row.service} |")
    assert f"| {row.bucket.limit} / {row.bucket.per:g} s" in line
    for method, bucket in row.by_method.items():
        assert f"{method.decode()} {bucket.limit} / {bucket.per:g} s" in line


def test_every_route_of_a_service_is_documented() -> None:
    page = "\n".join(_lines(PROTOCOLS / "rest.md"))
    missing = []
    for source in sources(*SERVICES):
        if "api" not in {part.removesuffix(".py") for part in source.path.parts}:
            continue
        prefix = (_PREFIX.findall(source.text) or [""])[0]
        for method, path in _ROUTE.findall(source.text):
            name, way = method.upper(), prefix + path
            if f"| {name} | `{way}` |" not in page and f"`{name} {way}`" not in page:
                missing.append(f"{name} {way} ({source})")
    assert not missing


@pytest.mark.parametrize("event", events.REGISTRY.values(), ids=lambda event: event.__name__)
def test_every_event_is_documented_with_who_may_have_it(event: type[Event]) -> None:
    _, dispatch, _, intent, needs, *_ = _row("events.md", f"| `{event.__name__}` |").split(" | ")
    assert dispatch == f"`{event.dispatch}`" if event.dispatch else dispatch.startswith("none")
    assert set(re.findall(r"[A-Z_]{4,}", intent)) == {flag.name for flag in event.intent}
    assert set(re.findall(r"[A-Z_]{4,}", needs)) == {flag.name for flag in event.needs}


@pytest.mark.parametrize("ask", rpc.REGISTRY.values(), ids=lambda ask: ask.wire_name())
def test_every_call_is_documented_with_callers_and_deadline(ask: type[Ask]) -> None:
    callers, asks = ", ".join(sorted(ask.callers)), ", ".join(ask.model_fields)
    line = _row("rpc.md", f"| `{ask.wire_name()}` |")
    assert f"| {callers} | {asks} |" in line
    if issubclass(ask, Call):
        retried = "yes" if ask.idempotent else "no"
        assert f"| {ask.deadline:g} s | {retried} |" in line
        assert ask.reply is not None
        assert f"| {ask.reply.__name__}({', '.join(ask.reply.model_fields)}) |" in line


@pytest.mark.parametrize("close", Close, ids=lambda close: close.name)
def test_every_close_is_documented_with_what_a_client_may_do(close: Close) -> None:
    may = [{True: "yes", False: "no"}[flag] for flag in (close.may_reconnect, close.may_resume)]
    start = f"| `{close.name}` | {close.code} | {close.reason or '—'} | {may[0]} | {may[1]} |"
    _row("gateway.md", start)


def test_every_metric_in_the_documentation_exists() -> None:
    known = {a or b for s in sources() for a, b in _METRIC.findall(s.text)}
    named = {
        _OF_PROMETHEUS.sub("", name)
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"\bmoim_([a-z_]+)", "\n".join(_lines(page)))
    }
    assert not named - known - {"edge", "inside"}, "the last two are networks of docker compose"
