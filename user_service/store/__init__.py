"""Every SQL statement of user_service, by noun. Nothing here decides or commits."""

from user_service.store import (
    accounts,
    applications,
    farewells,
    harvests,
    letters,
    logins,
    pictures,
    proofs,
    purges,
    relationships,
    settings,
    stream_keys,
    throttles,
)

__all__ = [
    "accounts",
    "applications",
    "farewells",
    "harvests",
    "letters",
    "logins",
    "pictures",
    "proofs",
    "purges",
    "relationships",
    "settings",
    "stream_keys",
    "throttles",
]
