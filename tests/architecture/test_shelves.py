"""One inner layout, learnt once: a service has only shelves that its reader knows, or names the
others.
"""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ROOT, SERVICES

SHELVES = {
    "__init__",
    "__main__",
    "app",
    "settings",
    "actions",
    "views",
    "store",
    "tables",
    "domain",
    "migrations",
    "api",
    "rpc",
    "inbox",
    "ws",
    "jobs",
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_only_known_shelves_or_names_them(service: str) -> None:
    folder = ROOT / service
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    names = {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    unknown = {name for name in names - SHELVES if name not in docstring}
    assert not unknown, f"name them in {service}/__init__.py, or use a known shelf"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_what_it_owns_and_speaks(service: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / service / "__init__.py").read_text())) or ""
    assert all(word in docstring for word in ("Owns", "Does not own", "Speaks"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_in_three_lines_and_is_composed_in_eighty(service: str) -> None:
    lines = (ROOT / service / "app.py").read_text().count("\n")
    assert lines <= 120
    body = ast.parse((ROOT / service / "__main__.py").read_text()).body
    assert len(body) <= 6
