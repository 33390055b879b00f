"""Small enough to hold in the head: files of at most 400 lines, functions of at most 40."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import Source, sources

MOST_LINES = 400
MOST_FUNCTION_LINES = 40


@pytest.mark.parametrize("source", sources(), ids=str)
def test_a_file_fits_the_head(source: Source) -> None:
    assert source.text.count("\n") <= MOST_LINES


@pytest.mark.parametrize("source", sources(), ids=str)
def test_a_function_fits_the_eye(source: Source) -> None:
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
        and "migrations" not in source.path.parts
    ]
    assert not long
