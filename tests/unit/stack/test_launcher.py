"""The executable at the root: it must speak clearly before anything is installed."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from stack.__main__ import VERBS
from stack.environ import ROOT

SOURCE = ROOT / "moim"


@pytest.fixture
def moim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The launcher as a module, on a folder with lock files and nothing else."""
    loader = SourceFileLoader("moim", str(SOURCE))
    spec = spec_from_loader("moim", loader)
    assert spec is not None
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    (tmp_path / "lock").mkdir()
    for kind in ("up", "dev"):
        (tmp_path / "lock" / f"{kind}.txt").write_text(f"{kind}==1\n")
    monkeypatch.setattr(module, "ROOT", str(tmp_path))
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(module, "PYTHON", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "moim-lock"))
    return module


def _make_venv(moim: ModuleType, *, version: str, stamp: str) -> None:
    python = Path(moim.PYTHON)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (Path(moim.VENV) / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    Path(moim.STAMP).write_text(stamp)


def _stamp(moim: ModuleType, kind: str) -> str:
    lock = Path(moim.ROOT) / "lock" / f"{kind}.txt"
    return f"{kind} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


OURS = ".".join(map(str, sys.version_info[:3]))


def test_an_old_python_can_read_it() -> None:
    ast.parse(SOURCE.read_text(), feature_version=(3, 4))


def test_it_is_executable_and_shows_its_verbs_without_an_environment() -> None:
    said = subprocess.run([str(SOURCE)], capture_output=True, text=True, check=True).stdout
    for verb in VERBS:
        assert f"./moim {verb} " in said


def test_it_knows_the_verbs_of_the_package(moim: ModuleType) -> None:
    assert set(moim.VERBS) == set(VERBS)
    with pytest.raises(moim.Trouble, match="no verb"):
        moim.main(["fly"])


def test_an_old_python_is_told_in_one_sentence(
    moim: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moim.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(moim.shutil, "which", lambda name: None)
    with pytest.raises(moim.Trouble, match=r"needs Python 3\.11 or newer.*Install"):
        moim.require_python(["up"])


def test_an_environment_is_used_again_while_the_lock_is_the_same(moim: ModuleType) -> None:
    _make_venv(moim, version=OURS, stamp=_stamp(moim, "up"))
    assert moim.is_fresh("up")
    assert not moim.is_fresh("dev")
    (Path(moim.ROOT) / "lock" / "up.txt").write_text("up==2\n")
    assert not moim.is_fresh("up")


def test_the_environment_of_the_developer_serves_everybody(moim: ModuleType) -> None:
    _make_venv(moim, version=OURS, stamp=_stamp(moim, "dev"))
    assert moim.is_fresh("up")
    assert moim.is_fresh("dev")


@pytest.mark.parametrize("version", ["3.9.2", "4.0.0", ""])
def test_an_environment_of_another_python_is_not_used(moim: ModuleType, version: str) -> None:
    _make_venv(moim, version=version, stamp=_stamp(moim, "dev"))
    assert not moim.is_usable()


def test_an_environment_without_an_interpreter_is_not_used(moim: ModuleType) -> None:
    _make_venv(moim, version=OURS, stamp=_stamp(moim, "dev"))
    Path(moim.PYTHON).unlink()
    assert not moim.is_usable()


def test_a_python_without_venv_is_told_what_to_install(
    moim: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(moim.Trouble, match="apt install python3-venv"):
        moim.make()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: No space left on device (os error 28)", "No space is left"),
        ("NewConnectionError: Failed to establish", "registry could not be reached"),
        ("error: dns error: Temporary failure in name resolution", "registry could not be"),
        ("something else", "This failed: installing"),
    ],
)
def test_a_failed_step_becomes_a_sentence(moim: ModuleType, said: str, sentence: str) -> None:
    assert sentence in str(moim.explained("installing", said))
