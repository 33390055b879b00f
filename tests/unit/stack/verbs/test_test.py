"""From kinds to pytest's arguments."""

from __future__ import annotations

from stack.verbs.test import command

KINDS = ["architecture", "clients", "e2e", "service", "unit"]


PARALLEL = ["-n", "2", "--dist", "loadgroup"]


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


def test_a_debugger_gets_one_process() -> None:
    assert command(["unit", "--pdb"], KINDS) == ["tests/unit", "--pdb"]
