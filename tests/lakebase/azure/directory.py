"""What Entra knows: tenants, applications, what proves them, managed identities; and the tokens that it signs."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from .. import inventory, tokens
from ..private_files import write_private
from .clouds import CLOUDS, Cloud

DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"

CLUSTER_ISSUER = "https://westeurope.oic.prod-aks.azure.com/cluster/"
CLUSTER_SUBJECT = "system:serviceaccount:shop:orders"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
GITHUB_SUBJECT = "repo:shop/orders:ref:refs/heads/main"
FEDERATED = {(CLUSTER_ISSUER, CLUSTER_SUBJECT), (GITHUB_ISSUER, GITHUB_SUBJECT)}

USER_ASSIGNED_OBJECT = "b0c1d2e3-f4a5-4b6c-8d7e-9f0a1b2c3d4e"
USER_ASSIGNED_RESOURCE = ("/subscriptions/5a6b7c8d-9e0f-4a1b-8c2d-3e4f5a6b7c8d/resourcegroups/shop/providers/"
                          "Microsoft.ManagedIdentity/userAssignedIdentities/orders")


def resources(*clouds: Cloud) -> set[str]:
    """What tokens can be had for in these clouds."""
    return {DATABRICKS} | {name for cloud in clouds or CLOUDS for name in
                           (cloud.vault_resource, cloud.management, f"https://{cloud.resource_manager}/")}


@dataclass
class Directory:
    signer: tokens.Signer = field(default_factory=tokens.Signer)
    cluster: tokens.Signer = field(default_factory=tokens.Signer)
    github: tokens.Signer = field(default_factory=tokens.Signer)
    identity_header: str = field(default_factory=lambda: secrets.token_hex(16).upper())
    request_token: str = field(default_factory=lambda: "ghrt" + secrets.token_urlsafe(24))
    certificate_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def __post_init__(self) -> None:
        self.reset()
        self.tenants = (inventory.TENANT, inventory.OTHER_TENANT)
        self.secrets = {name: "8Q~" + secrets.token_urlsafe(28) for name in
                        (inventory.AZURE_APP.name, inventory.GUIDE_APP.name, inventory.NEWCOMER.name)}
        self.vaults = {"your-keyvault-name": {"databricks-client-secret": self.secrets[inventory.GUIDE_APP.name]},
                       "lakebase-vault": {"app-secret": self.secrets[inventory.AZURE_APP.name], "empty": "",
                                          "identity-header": self.identity_header}}

    @functools.cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @functools.cached_property
    def certificate(self) -> x509.Certificate:
        return _self_signed(self.key)

    def reset(self) -> None:
        self.vault_readers = {p.name for p in (inventory.MACHINE, inventory.USER_ASSIGNED, inventory.AZURE_APP,
                                               inventory.AZURE_USER)}

    @property
    def thumbprint(self) -> str:
        """As x5t#S256 has it."""
        digest = hashlib.sha256(self.certificate.public_bytes(serialization.Encoding.DER)).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def mint(self, identity: str, resource: str, now: float, lifetime: int = 3599,
             tenant: str = inventory.TENANT) -> tuple[str, int]:
        issued = int(now)
        who = {"upn": identity} if "@" in identity else {"appid": identity, "appidacr": "1"}
        claims = {"aud": resource, "iss": f"https://sts.windows.net/{tenant}/", "iat": issued, "nbf": issued,
                  "exp": issued + lifetime, **who, "tid": tenant, "oid": str(uuid.uuid5(uuid.NAMESPACE_DNS, identity)),
                  "uti": secrets.token_urlsafe(16), "ver": "1.0"}
        return self.signer.sign(claims), issued + lifetime

    def federated_token(self, now: float, lifetime: int = 3600) -> str:
        """What AKS writes for a service account."""
        return self.cluster.sign({"iss": CLUSTER_ISSUER, "sub": CLUSTER_SUBJECT, "aud": [EXCHANGE_AUDIENCE],
                                  "iat": int(now), "nbf": int(now), "exp": int(now) + lifetime})

    def github_token(self, audience: str, now: float) -> str:
        return self.github.sign({"iss": GITHUB_ISSUER, "sub": GITHUB_SUBJECT, "aud": audience, "iat": int(now),
                                 "nbf": int(now), "exp": int(now) + 300, "jti": str(uuid.uuid4())})

    def write_files(self, directory: Path) -> dict[str, Any]:
        """The application's certificate in each form that people have it in."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        plain = serialization.NoEncryption()
        locked = serialization.BestAvailableEncryption(self.certificate_password.encode())
        files = {
            "pem": self._key_pem(plain) + pem,
            "reversed-pem": pem + self._key_pem(plain),
            "encrypted-pem": self._key_pem(locked) + pem,
            "pkcs12": pkcs12.serialize_key_and_certificates(b"orders", self.key, self.certificate, None, locked),
            "pkcs12-without-password": pkcs12.serialize_key_and_certificates(b"orders", self.key, self.certificate, None,
                                                                             plain),
        }
        paths = {}
        for name, content in files.items():
            path = directory / f"azure-certificate.{name}"
            write_private(path, content)
            paths[name] = str(path)
        return paths

    def _key_pem(self, encryption: serialization.KeySerializationEncryption) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def describe(self) -> dict[str, Any]:
        return {"secrets": self.secrets, "identity_header": self.identity_header, "request_token": self.request_token,
                "certificate_password": self.certificate_password, "tenant": inventory.TENANT}


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "orders")])
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30)).sign(key, hashes.SHA256()))
