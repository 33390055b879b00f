"""Habits that a program can check, so that reviewers need not."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.tree import ROOT, Source, sources

HOMES = {
    "time.time": {"chassis/clock.py"},
    "time.time_ns": {"chassis/clock.py"},
    "time.monotonic": {"chassis/clock.py"},
    "datetime.now": {"chassis/clock.py"},
    "asyncio.sleep": {"chassis/clock.py"},
    "asyncio.create_task": {"chassis/tasks.py"},
    "os.environ": {"chassis/settings.py"},
    "os.getenv": {"chassis/settings.py"},
}
"""What only one file may touch. The launcher (stack) is a program of its own and is not a service.
"""

NOUNS = (
    "guild",
    "channel",
    "member",
    "message",
    "emoji",
    "reaction",
    "voice",
    "presence",
    "friend",
)
"""The chassis is machinery that another product could use."""


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


OURS = [source for source in sources() if source.path.parts[0] != "stack"]


@pytest.mark.parametrize("source", OURS, ids=str)
def test_clocks_tasks_and_the_environment_are_touched_only_at_home(source: Source) -> None:
    wrong = [
        f"line {node.lineno}: {name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and (name := _dotted(node)) in HOMES
        and str(source) not in HOMES[name]
    ]
    assert not wrong


@pytest.mark.parametrize("source", OURS, ids=str)
def test_broad_excepts_stand_only_in_the_chassis(source: Source) -> None:
    if source.path.parts[0] == "chassis":
        return
    wrong = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or _dotted(node.type) in {"Exception", "BaseException"})
    ]
    assert not wrong


@pytest.mark.parametrize("source", sources("chassis"), ids=str)
def test_the_chassis_knows_no_noun_of_the_domain(source: Source) -> None:
    names = {
        node.name.lower()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    names -= {"on_message_begin", "on_message_complete"}  # an HTTP parser's names, not ours
    wrong = {name for name in names for noun in NOUNS if re.search(rf"(^|_){noun}s?(_|$)", name)}
    assert not wrong


def test_commits_happen_in_one_place() -> None:
    wrong = [
        f"{source}:{node.lineno}"
        for source in OURS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "commit"
        and source.path.parts[:2] not in {("chassis", "db.py"), ("chassis", "migrate.py")}
    ]
    assert not wrong


def test_lock_files_name_no_host() -> None:
    javascript = ROOT / "tests" / "clients" / "node" / "package-lock.json"
    for lock in (*(ROOT / "lock").iterdir(), javascript):
        assert "://" not in lock.read_text(), lock.name


def test_the_chassis_stays_small() -> None:
    lines = sum(source.text.count("\n") for source in sources("chassis"))
    assert lines <= 7_800, "something entered that no third service needs"
