"""`python -m chassis.probe`: exit 0 when the service in this container is ready."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException

ADMIN_PORT = 8002


def is_ready(port: int) -> bool:
    """Whether /readyz says yes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(sys.argv[1]) if len(sys.argv) > 1 else ADMIN_PORT) else 1)
