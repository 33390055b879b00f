"""The deployment says what the table says: compose, Dockerfile and .env.example are checked by the
real tools.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stack import envexample, envfile
from stack.environ import OPERATORS
from stack.services import GATEWAY, HOUSE, MEDIA, Service
from tests.architecture.tree import ROOT

ROWS = list(HOUSE)
HTTP, RPC, ADMIN = 8000, 8001, 8002


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/bin")
    assert found, f"{name} is in the lint dependencies"
    return found


@cache
def compose(profiles: str = "") -> dict[str, Any]:
    """The file as compose itself understands it, with secrets as `./moim env` makes them."""
    environment = envfile.variables(b"test", domain="chat.example.org")
    environment |= {"COMPOSE_PROFILES": profiles, "MOIM_BUCKET_SECRET": "a secret"}
    done = subprocess.run(
        [
            _tool("docker-compose"),
            "-f",
            str(ROOT / "docker-compose.yml"),
            "config",
            "--format",
            "json",
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _environment(row: Service) -> dict[str, str]:
    found: dict[str, str] = compose()["services"][row.name]["environment"]
    return found


def test_compose_runs_the_table_and_what_it_stands_on() -> None:
    assert set(compose()["services"]) == {
        *(row.name for row in ROWS),
        "postgres",
        "valkey",
        "migrate",
        "caddy",
    }


def test_a_bucket_runs_where_it_is_asked_for_and_only_inside() -> None:
    found = compose("bucket")["services"]
    assert set(found) - set(compose()["services"]) == {"bucket"}
    bucket = found["bucket"]
    assert (set(bucket["networks"]), "ports" in bucket) == ({"inside"}, False)
    assert bucket["environment"]["MINIO_ROOT_PASSWORD"] == "a secret"
    assert [one["source"] for one in bucket["volumes"]] == ["bucket"]


def test_compose_refuses_to_start_without_secrets() -> None:
    done = subprocess.run(
        [_tool("docker-compose"), "-f", str(ROOT / "docker-compose.yml"), "config", "-q"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "COMPOSE_DISABLE_ENV_FILE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "./moim env" in done.stderr


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_service_is_told_only_what_its_settings_know(row: Service) -> None:
    fields = envexample.settings_of(row).model_fields
    known = {f"{row.prefix}{name.upper()}" for name in fields}
    required = {
        f"{row.prefix}{name.upper()}" for name, field in fields.items() if field.is_required()
    }
    told = set(_environment(row))
    assert told <= known
    assert required <= told


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_service_knows_the_neighbours_of_the_table(row: Service) -> None:
    environment = _environment(row)
    others = [name for name in row.calls if name != row.name]
    expected = ",".join(f"{name}={name}:{RPC}" for name in others)
    assert environment.get(f"{row.prefix}NEIGHBOURS", "") == expected
    if row.upstreams:
        expected = ",".join(f"{name}={name}:{HTTP}" for name in row.upstreams)
        assert environment[f"{row.prefix}UPSTREAMS"] == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_container_is_locked_down_healthy_and_not_published(row: Service) -> None:
    service = compose()["services"][row.name]
    assert service["command"] == ["python", "-m", row.module]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert row.name == MEDIA or "ports" not in service
    assert service["healthcheck"]["test"] == ["CMD", "python", "-m", "chassis.probe"]
    needs = set(service.get("depends_on", {}))
    assert ("migrate" in needs) == (row.schema is not None)
    if row.name == GATEWAY:
        assert set(row.after) <= needs


@pytest.mark.parametrize(("name", "variables"), OPERATORS.items())
def test_an_operators_decision_reaches_every_service_it_concerns(
    name: str, variables: tuple[str, ...]
) -> None:
    raw = (ROOT / "docker-compose.yml").read_text()
    for variable in variables:
        assert f"{variable}: ${{{name}:-" in raw


def test_only_the_proxy_and_the_port_of_media_are_published() -> None:
    published = {
        name: {(port["protocol"], port["target"]) for port in service["ports"]}
        for name, service in compose()["services"].items()
        if service.get("ports")
    }
    assert set(published) == {"caddy", MEDIA}
    assert published[MEDIA] == {("udp", 8003)}


def test_the_dockerfile_pleases_its_linter() -> None:
    done = subprocess.run(
        [_tool("hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_image_holds_every_package_of_the_house() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in ("contracts", "chassis", "stack", *(row.module for row in ROWS)):
        assert f"COPY {package} {package}\n" in dockerfile


def test_the_example_of_the_environment_is_true() -> None:
    assert (ROOT / ".env.example").read_text() == envexample.example()
