"""`python -m media_sfu.kernel`: build it now, and say where it is or why not."""

from __future__ import annotations

import sys

from media_sfu.kernel import building

if __name__ == "__main__":
    try:
        sys.stdout.write(f"{building.build()}\n")
    except building.NotBuilt as why:
        sys.exit(f"media_sfu forwards in Python: {why}")
