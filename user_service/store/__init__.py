"""Every SQL statement of user_service, by noun. Nothing here decides or commits."""

from user_service.store import accounts, applications, logins

__all__ = ["accounts", "applications", "logins"]
