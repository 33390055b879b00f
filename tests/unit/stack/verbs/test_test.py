"""From kinds to pytest's arguments."""

from __future__ import annotations

from pathlib import Path

from stack.verbs.test import command, failures, may_stumble

KINDS = ["architecture", "clients", "e2e", "service", "unit"]


PARALLEL = ["-n", "4", "--dist", "loadgroup"]


def test_without_a_kind_every_kind_but_the_architecture_runs_in_parallel() -> None:
    folders = ["tests/unit", "tests/service", "tests/e2e", "tests/clients"]
    assert command([], KINDS) == [*PARALLEL, *folders]


def test_kinds_choose_folders() -> None:
    assert command(["clients", "unit"], KINDS) == [*PARALLEL, "tests/clients", "tests/unit"]


def test_other_arguments_are_passed_on() -> None:
    assert command(["unit", "-k", "ports"], KINDS) == [*PARALLEL, "tests/unit", "-k", "ports"]


def test_a_named_file_takes_the_place_of_the_folders() -> None:
    assert command(["tests/unit/stack/test_ports.py"], KINDS) == [
        *PARALLEL,
        "tests/unit/stack/test_ports.py",
    ]


def test_any_number_of_workers_keeps_together_what_shares_a_house() -> None:
    more = ["unit", "-n", "3"]
    assert command(more, KINDS) == ["--dist", "loadgroup", "tests/unit", "-n", "3"]


def test_a_debugger_gets_one_process() -> None:
    assert command(["unit", "--pdb"], KINDS) == ["tests/unit", "--pdb"]


def test_a_few_failures_where_real_servers_run_are_tried_again() -> None:
    assert may_stumble(
        ["tests/clients/test_bots.py::test_ping", "tests/e2e/test_resume.py::test_a"]
    )


def test_a_failed_rule_stands() -> None:
    assert not may_stumble(["tests/unit/test_ids.py::test_b"])
    assert not may_stumble([f"tests/e2e/test_faults.py::test_{n}" for n in range(4)])
    assert not may_stumble([])


def test_what_failed_is_read_from_where_pytest_keeps_it(tmp_path: Path) -> None:
    kept = tmp_path / "lastfailed"
    assert failures(kept) == []
    kept.write_text('{"tests/e2e/test_b.py::test_b": true, "tests/e2e/test_a.py::test_a": true}')
    assert failures(kept) == ["tests/e2e/test_a.py::test_a", "tests/e2e/test_b.py::test_b"]
