"""What ended long ago is removed, and nothing else."""

from __future__ import annotations

from tests.fixtures.patience import until
from tests.service.user_service.house import House, Open


async def counts(house: House) -> dict[str, int]:
    """Rows of each table that is purged."""
    tables = ("logins", "proofs", "throttles", "places", "registration_codes", "harvests")
    return {table: len(await house.rows(f"SELECT FROM {table}")) for table in tables}


async def test_the_old_goes_and_the_living_stays(open_house: Open) -> None:
    house = await open_house(purge_every=0.05)
    client = await house.person("mina", email="mina@example.org")
    await house.login("mina", "wrong horse")
    await client.post("/users/@me/harvest")
    await house.letters("mina@example.org")
    before = await counts(house)
    user_id = (await client.get("/users/@me")).json()["id"]
    for old in (
        f"INSERT INTO logins VALUES (1, {user_id}, '1', 'user', '', '', now(), now(),"
        " now() - interval '8 days')",
        f"INSERT INTO proofs VALUES (1, {user_id}, 'verify', NULL, '', 0, now() - interval '2 h')",
        "INSERT INTO throttles VALUES ('x', now() - interval '1 s')",
        f"INSERT INTO places VALUES ('x', {user_id}, now() - interval '91 days')",
        "INSERT INTO registration_codes VALUES (1, '', 1, now() - interval '8 days')",
        f"INSERT INTO harvests VALUES (1, {user_id}, now(), now(), now() - interval '8 days', 0)",
    ):
        await house.rows(old)
    await until(lambda: counts(house), lambda now: now == before)
    assert (await client.get("/auth/sessions")).status_code == 200
