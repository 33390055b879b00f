"""The judge itself: it names what is wrong, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.bots import without_node
from tests.fixtures.answers import Answers
from tests.fixtures.published import judge

pytestmark = without_node

ROLE = {
    **{"id": "1", "name": "Readers", "description": None, "permissions": "0", "position": 1},
    **{"color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}},
    **{"hoist": False, "managed": False, "mentionable": False, "icon": None, "flags": 0},
    "unicode_emoji": None,
}
ROLES = "/guilds/1/roles"


def judged(tmp_path: Path, *samples: tuple[str, str, int, Any]) -> tuple[int, list[str]]:
    answers = Answers()
    answers.path = tmp_path / "samples.jsonl"
    answers.path.touch()
    for method, path, status, body in samples:
        answers.note(method, path, status, b"" if body is None else json.dumps(body).encode())
    count, wrong = judge([answers.path])
    return count, [line.partition("  [")[0] for line in wrong]


def test_what_agrees_is_not_named_and_one_shape_is_judged_once(tmp_path: Path) -> None:
    samples = [("GET", f"/api/v10/guilds/{number}/roles", 200, [ROLE]) for number in range(3)]
    samples.append(("DELETE", f"{ROLES}/2", 204, None))
    samples.append(("GET", "/guilds/1/ours", 200, {"anything": True}))
    assert judged(tmp_path, *samples) == (2, [])


WRONG = {
    "list_guild_roles: [].permissions must be string": (
        *("GET", ROLES, 200),
        [{**ROLE, "permissions": 0}],
    ),
    "list_guild_roles: [].flags must be number": (
        *("GET", ROLES, 200),
        [{name: value for name, value in ROLE.items() if name != "flags"}],
    ),
    "delete_guild_role: (all) status 200 is not among its answers": (
        *("DELETE", f"{ROLES}/2", 200),
        ROLE,
    ),
    "get_channel: flags must be number": ("GET", "/channels/1", 200, {"id": "1", "type": 0}),
    "get_guild_role: code must be number": ("GET", f"{ROLES}/2", 404, {"message": "no"}),
    "create_guild_role: errors.name must be object": (
        *("POST", ROLES, 400),
        {"message": "", "code": 50035, "errors": {"name": ["bad"]}},
    ),
}


def test_what_disagrees_is_named_by_operation_and_path(tmp_path: Path) -> None:
    count, found = judged(tmp_path, *WRONG.values())
    assert count == len(WRONG)
    assert not WRONG.keys() - set(found), found
