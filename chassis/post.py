"""Sends letters: by SMTP, or in development into a folder. What was taken is the server's to keep;
what was not is told as Away or Refused. Words and queues are those of who writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from chassis.settings import PostSettings

_WITHIN_S = 20.0
_PERMANENT = range(500, 600)
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """What is said, as plain text and as simple HTML."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beyond those that every letter has."""


class Away(Exception):
    """Nobody takes letters now."""


class Refused(Exception):
    """This letter will never be taken."""


class Post(Protocol):
    """Whoever takes letters."""

    async def send(self, message: EmailMessage) -> None:
        """Hand it over; raises Away or Refused."""


class Folder:
    """For development: a file for each letter."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    async def send(self, message: EmailMessage) -> None:
        """Write it down, whole or not at all."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise Away(str(error)) from error
        except ValueError as error:
            raise Refused(str(error)) from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f"{uuid4().hex}.draft"
        draft.write_bytes(bytes(message))
        draft.rename(draft.with_suffix(".eml"))


class Smtp:
    """`smtp://user:password@host:587` uses STARTTLS where the server has it, and demands it before
    a password is told; `smtps://` is TLS from the first byte.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._is_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: EmailMessage) -> None:
        """One conversation with the server."""
        import aiosmtplib

        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._is_tls,
                start_tls=None if self._is_tls or self._user is None else True,
                timeout=_WITHIN_S,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Away(str(error)) from error  # the operator's to mend, not the letter's fault
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _told([one.code for one in error.recipients], error) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _told([error.code], error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Away(str(error)) from error
        except ValueError as error:
            raise Refused(str(error)) from error


def post(settings: PostSettings) -> Post | None:
    """As the settings say; None where letters can go nowhere."""
    if smtp_url := settings.smtp_url.get_secret_value():
        return Smtp(smtp_url)
    return Folder(settings.mail_folder) if settings.mail_folder else None


def letter(mail: Mail, *, to: str, sender: str, at: datetime) -> EmailMessage:
    """As it travels. Machines must not answer it."""
    sent = EmailMessage()
    _, _, domain = parseaddr(sender)[1].rpartition("@")
    sent["From"] = sender
    sent["To"] = _in_ascii(to)
    sent["Subject"] = mail.subject
    sent["Date"] = format_datetime(at)
    sent["Message-ID"] = make_msgid(domain=domain or "localhost")
    sent["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        sent[name] = value
    # As it is, so that a file can be read as well; the SMTP client encodes it where it must.
    sent.set_content(mail.text, cte="8bit")
    sent.add_alternative(mail.html, subtype="html", cte="8bit")
    return sent


def _in_ascii(address: str) -> str:
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _told(codes: list[int], error: Exception) -> Exception:
    is_final = all(code in _PERMANENT for code in codes)
    return Refused(str(error)) if is_final else Away(str(error))
