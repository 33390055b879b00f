"""What a service carries that it does not use: imports are most of an idle house's memory, and of
the time in which it starts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("gateway", "sqlalchemy"),
        ("signaling_service", "sqlalchemy"),
        ("presence_service", "sqlalchemy fastapi"),
        ("media_sfu", "sqlalchemy fastapi redis asyncpg"),
    ],
)
def test_who_has_no_database_loads_none(module: str, unused: str) -> None:
    told = f"import sys, {module}.app; print(*(set('{unused}'.split()) & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
