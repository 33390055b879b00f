"""The variables that docker compose needs from outside. Pure: from one master secret."""

from __future__ import annotations

from stack import keys
from stack.services import HOUSE, Table


def variables(master: bytes, *, domain: str, table: Table = HOUSE) -> dict[str, str]:
    """Every secret of a deployment, and its public name."""
    found = {
        "MOIM_DOMAIN": domain,
        "POSTGRES_PASSWORD": keys.role_password(master, "postgres"),
        "REDIS_PASSWORD": keys.redis_password(master),
    }
    for row in table.stored():
        found[f"{row.prefix}DATABASE_PASSWORD"] = keys.role_password(master, str(row.schema))
    found["USER_SEAL_KEYS"] = keys.seal_key(master)
    found["NOTIFICATION_VAPID_KEY"] = keys.vapid_key(master)
    for row in table:
        found[f"{row.prefix}KEYRING"] = keys.keyring(master, row, table)
    return found


def rendered(found: dict[str, str]) -> str:
    """As a file."""
    return "".join(f"{name}={value}\n" for name, value in found.items())
