"""The only place of this package that reads the process environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
"""Where the services' packages lie."""

OPERATORS = {
    "MOIM_LINK_PREVIEWS": ("CHAT_PREVIEWS",),
    "MOIM_PUBLIC_URL": (
        "GATEWAY_PUBLIC_URL",
        "USER_PUBLIC_URL",
        "CHAT_PUBLIC_URL",
        "NOTIFICATION_PUBLIC_URL",
    ),
    "MOIM_SMTP_URL": ("USER_SMTP_URL", "NOTIFICATION_SMTP_URL"),
    "MOIM_MAIL_FROM": ("USER_MAIL_FROM", "NOTIFICATION_MAIL_FROM"),
    "MOIM_REQUIRE_VERIFIED_EMAIL": ("USER_REQUIRE_VERIFIED_EMAIL",),
    "MOIM_INVITE_ONLY": ("USER_INVITE_ONLY",),
    "MOIM_FCM_CREDENTIALS": ("NOTIFICATION_FCM_CREDENTIALS",),
    "MOIM_APNS_KEY": ("NOTIFICATION_APNS_KEY",),
    "MOIM_APNS_KEY_ID": ("NOTIFICATION_APNS_KEY_ID",),
    "MOIM_APNS_TEAM": ("NOTIFICATION_APNS_TEAM",),
    "MOIM_APNS_TOPIC": ("NOTIFICATION_APNS_TOPIC",),
    "MOIM_PUSH_CONTACT": ("NOTIFICATION_VAPID_CONTACT",),
    "MOIM_PUBLIC_IP": ("MEDIA_PUBLIC_IPS",),
    "MOIM_MEDIA_BIND": ("MEDIA_UDP_BIND",),
    "MOIM_TURN_URLS": ("MEDIA_TURN_URLS",),
    "MOIM_TURN_SECRET": ("MEDIA_TURN_SECRET",),
}
"""Decisions about the whole house, by `./moim up` and docker compose alike."""

_OURS = frozenset({"MOIM_DATABASE_URL", "MOIM_REDIS_URL"})


def given(name: str, default: str = "") -> str:
    """One variable; empty counts as absent."""
    return os.environ.get(name) or default


def operators() -> dict[str, str]:
    """What an operator decides for the house, as the services that it concerns are told."""
    found = {
        variable: given(name)
        for name, variables in OPERATORS.items()
        for variable in variables
        if given(name)
    }
    if given("MOIM_PUBLIC_IP"):
        # Who is told to come from outside must find the door open.
        found.setdefault("MEDIA_UDP_BIND", "0.0.0.0")  # noqa: S104
    return found


def home() -> Path:
    """The data folder: MOIM_HOME, or `.moim` beside the sources."""
    return Path(given("MOIM_HOME", str(ROOT / ".moim"))).expanduser().absolute()


def inherited() -> Mapping[str, str]:
    """What a service may inherit: everything but the keys to the whole database."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def become(argv: Sequence[str]) -> NoReturn:
    """This process goes on as another program, at the root of the sources."""
    os.chdir(ROOT)
    os.execv(argv[0], list(argv))  # noqa: S606
