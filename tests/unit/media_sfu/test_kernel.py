"""Which press a worker has, wherever it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from media_sfu.kernel import building, choosing
from media_sfu.settings import Kernel


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an environment where nothing was built."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))


@pytest.mark.parametrize(
    ("compilers", "why"),
    [((), "no C compiler"), (("false",), "refused it: 1"), (("cat",), "refused it: .*option")],
)
def test_without_a_compiler_that_can_python_does_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compilers: tuple[str, ...], why: str
) -> None:
    monkeypatch.setattr(building, "COMPILERS", compilers)
    with pytest.raises(building.NotBuilt, match=why):
        building.build()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()], "nothing half done stays"
    assert choosing.chosen(Kernel.AUTO) is None
    assert choosing.chosen(Kernel.PURE) is None
    with pytest.raises(choosing.Unavailable, match="not built"):
        choosing.chosen(Kernel.COMPILED)


def test_an_environment_that_may_not_be_written_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(building, "COMPILERS", ("true",))
    (tmp_path / "lib").write_text("not a folder")
    with pytest.raises(building.NotBuilt):
        building.build()


def test_what_cannot_be_loaded_is_done_without() -> None:
    there = building.place()
    there.parent.mkdir(parents=True)
    there.write_bytes(b"from another world")
    assert choosing.chosen(Kernel.AUTO) is None


def test_another_source_is_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = building.place()
    (tmp_path / "forward.c").write_text("int changed;")
    monkeypatch.setattr(building, "SOURCE", tmp_path / "forward.c")
    assert building.place() != before
    assert building.place().parent == before.parent
