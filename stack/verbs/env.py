"""Writes .env for docker compose: fresh passwords and keys, nothing to invent by hand."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from stack import say
from stack.envfile import rendered, variables
from stack.environ import ROOT
from stack.home import write_private
from stack.trouble import Trouble

HELP = "write .env for docker compose, with random passwords and keys"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("--to", type=Path, default=ROOT / ".env", help="the file (.env)")
    parser.add_argument("--domain", default="localhost", help="the public name (localhost)")


def run(options: argparse.Namespace) -> int:
    """Never overwrite: the passwords in use are in it."""
    if options.to.exists():
        raise Trouble(
            f"{options.to} exists, and the passwords in use may be in it.",
            "Move it away first, or write elsewhere with --to.",
        )
    found = variables(secrets.token_bytes(32), domain=options.domain)
    write_private(options.to, rendered(found))
    say.step(f"wrote {options.to}; keep it secret, docker compose reads it")
    return 0
