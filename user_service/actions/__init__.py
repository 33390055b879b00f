"""What can be done: authorise, change, emit. Hashing a password happens between units, never inside
one, so that no connection waits for it.
"""

from user_service.actions import (
    accounts,
    applications,
    credentials,
    farewells,
    harvests,
    letters,
    logins,
    mfa,
    profiles,
    proofs,
    purges,
    relationships,
    settings,
    stream_keys,
    throttle,
)

__all__ = [
    "accounts",
    "applications",
    "credentials",
    "farewells",
    "harvests",
    "letters",
    "logins",
    "mfa",
    "profiles",
    "proofs",
    "purges",
    "relationships",
    "settings",
    "stream_keys",
    "throttle",
]
