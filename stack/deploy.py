"""The one-shot of a deployment: database, roles, schemas, migrations. Safe to repeat.

`python -m stack.deploy` with MOIM_DATABASE_URL (an administrator's) and
<SERVICE>_DATABASE_PASSWORD.
"""

from __future__ import annotations

import asyncio
import sys

from chassis.migrate import migrate
from stack import say
from stack.bootstrap import DATABASE, bootstrap, with_database, with_role
from stack.environ import given
from stack.services import HOUSE, Service
from stack.trouble import Trouble


async def deploy(url: str, passwords: dict[str, str]) -> None:
    """Bring the server behind an administrator's URL into shape, then every schema."""
    await bootstrap(url, passwords)
    for service in HOUSE.stored():
        role = str(service.schema)
        own = with_role(with_database(url, DATABASE), role, passwords[role])
        ran = await migrate(service.module, own)
        say.line(f"{service.name}: {ran} migration(s) run")


def _needed(name: str) -> str:
    value = given(name)
    if not value:
        raise Trouble(f"{name} is not set.", "Run ./moim env, then docker compose up.")
    return value


def _password(service: Service) -> str:
    return _needed(f"{service.prefix}DATABASE_PASSWORD")


def main() -> int:
    """Run, or say what is missing in one sentence."""
    try:
        passwords = {str(service.schema): _password(service) for service in HOUSE.stored()}
        asyncio.run(deploy(_needed("MOIM_DATABASE_URL"), passwords))
    except Trouble as trouble:
        say.trouble(trouble)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
