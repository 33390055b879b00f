"""A crowd of members, played by locust."""

from __future__ import annotations

import argparse
import sys

from stack.environ import become

HELP = "play a crowd of members with locust (--users --minutes --shape)"
PASSES_ON = "[--users N] [--minutes M] [--shape ramp|storm|soak|find] [--host URL] [--web]"


def run(options: argparse.Namespace) -> int:
    """Become the load test."""
    become([sys.executable, "-m", "loadtest.crowd", *options.rest])
    return 0
