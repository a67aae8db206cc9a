"""The certificate authority and the server certificates, good and bad (P-256: cheap handshakes)."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .azure.clouds import CLOUDS
from .inventory import CERTIFICATE_NAMES
from .private_files import write_private

CERTIFICATE_KINDS = ("good", "wrong-host", "expired", "untrusted", "self-signed", "other-root", "cross-signed")
API_NAMES = ("localhost", "127.0.0.1", "::1", "workspace.example.test", "iamcredentials.googleapis.com",
             "oauth2.googleapis.com", "sts.googleapis.com")
# Reached by their real names through a proxy of the test's own.
AZURE_NAMES = (*(name for cloud in CLOUDS for name in (*cloud.names, f"*.{cloud.vaults}")),
               "pipelines.actions.githubusercontent.com")


class Authority:
    """A CA made for one run."""

    def __init__(self, common_name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(common_name)
        self.certificate = _sign(self.name, self.key, self.name, self.key, (), authority=True)

    def pem(self) -> bytes:
        return _pem(self.certificate)

    def issue(self, names: tuple[str, ...], expired: bool = False) -> bytes:
        """Key and certificate in one PEM, as ssl.SSLContext.load_cert_chain takes it."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(_name(names[0]), key, self.name, self.key, names, expired=expired)
        return _chain(key, certificate)


    def cross_sign(self, other: "Authority") -> bytes:
        """A certificate for the other's name and key, for those who trust us alone."""
        return _pem(_sign(other.name, other.key, self.name, self.key, (), authority=True))


def self_signed(names: tuple[str, ...]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(names[0])
    return _chain(key, _sign(subject, key, subject, key, names))


def make_contexts(directory: Path) -> tuple[
        dict[str, ssl.SSLContext], dict[str, ssl.SSLContext]]:
    """Writes ca.pem, other-ca.pem and the server chains; returns the API's contexts and the gateway's, by kind."""
    authority = Authority("Local Lakebase CA")
    stranger = Authority("Somebody Else CA")
    other = Authority("Other Local CA")
    (directory / "ca.pem").write_bytes(authority.pem())
    (directory / "other-ca.pem").write_bytes(other.pem())
    chains = {
        "api good": authority.issue(API_NAMES + AZURE_NAMES),
        "api wrong-host": authority.issue(("workspace.example.net",)),
        "api expired": authority.issue(API_NAMES, expired=True),
        "api untrusted": stranger.issue(API_NAMES),
        "api self-signed": self_signed(API_NAMES),
        "good": authority.issue(CERTIFICATE_NAMES),
        "wrong-host": authority.issue(("db.example.net",)),
        "expired": authority.issue(CERTIFICATE_NAMES, expired=True),
        "untrusted": stranger.issue(CERTIFICATE_NAMES),
        "self-signed": self_signed(CERTIFICATE_NAMES),
        "other-root": other.issue(CERTIFICATE_NAMES),
        "cross-signed": other.issue(CERTIFICATE_NAMES) + authority.cross_sign(other),
    }
    contexts = {}
    for kind, chain in chains.items():
        path = directory / f"server-{kind.replace(' ', '-')}.pem"
        write_private(path, chain)
        contexts[kind] = _server_context(path)
    for kind in CERTIFICATE_KINDS:
        # libpq 17 and later insists on this protocol name when it starts TLS without an SSLRequest.
        contexts[kind].set_alpn_protocols(["postgresql"])
    of_api = {kind.removeprefix("api "): contexts.pop(kind) for kind in chains if kind.startswith("api ")}
    return of_api, contexts


def _server_context(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # No session tickets, as PostgreSQL: nothing resumes a session, and each one costs a message.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.load_cert_chain(chain)
    return context


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _chain(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    return private + _pem(certificate)


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _sign(subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name,
          issuer_key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], *, authority: bool = False,
          expired: bool = False) -> x509.Certificate:
    now = datetime.datetime.utcnow()
    day = datetime.timedelta(days=1)
    end = now - day if expired else now + 30 * day
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(now - 2 * day).not_valid_after(end)
               .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                              critical=False))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative_name(n) for n in names]),
                                        critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
