"""TLS before a house, as an operator has it: libraries of bots speak to voice servers in no other
way. Its authority is made for the occasion, and known to whom the environment names it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PIECE = 1 << 16


@dataclass
class Curtain:
    """Listens with TLS; what comes is carried to `target` in the clear."""

    folder: Path
    port: int = 0
    target: int = 0
    carried: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Under which the house is known."""
        return f"https://localhost:{self.port}"

    @property
    def trusted(self) -> dict[str, str]:
        """Environment of those who shall trust it."""
        known = str(self.folder / "authority.pem")
        return {"SSL_CERT_FILE": known, "NODE_EXTRA_CA_CERTS": known}

    def cut(self) -> int:
        """Break every connection that is carried, without a word; how many."""
        broken = len(self.carried)
        for one in tuple(self.carried):
            one.transport.abort()
        return broken

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.carried.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pour(reader, back))
                group.create_task(_pour(there, writer))
        except OSError:
            pass
        finally:
            self.carried.discard(writer)
            writer.transport.abort()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.close()


@asynccontextmanager
async def curtain(folder: Path) -> AsyncIterator[Curtain]:
    """On a port of its own, carrying nothing before it has a target."""
    made = Curtain(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certify(folder))
    server = await asyncio.start_server(made.carry, "localhost", 0, ssl=context, family=2)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()


def _certify(folder: Path) -> Path:
    """An authority, and what it says of localhost."""
    authority, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer, subject = _named("Tests"), _named("localhost")
    local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    root = _certificate(issuer, issuer, authority, authority, x509.BasicConstraints(True, None))
    leaf = _certificate(subject, issuer, key, authority, x509.SubjectAlternativeName(local))
    (folder / "authority.pem").write_bytes(root)
    chain = folder / "house.pem"
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf
    )
    return chain


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(extension, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
