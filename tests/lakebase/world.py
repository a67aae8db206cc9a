"""The state that the workspace API, the gateway and the control socket share."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass, field, fields
from typing import Any

from . import inventory, tokens
from .api.identity_providers import IdentityProviders
from .azure.directory import Directory
from .faults import FaultBook
from .inventory import Estate, Host, Principal
from .records import Records


@dataclass
class Settings:
    """What can be set at start and while running."""

    token_lifetime: int | None = None  # seconds; overrides ttl and the hour of database credentials
    workspace_token_lifetime: int = 3600
    api_latency_ms: int = 0
    login_latency_ms: int = 0
    page_size: int = 2
    clock_skew: int = 0  # seconds by which the server's clock is ahead
    fleet: int = 0  # how many endpoints more; counts at start only
    ask_password_in_plaintext: bool = False  # to catch clients that would send it

    def update(self, changes: dict[str, Any]) -> None:
        known = {f.name for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no setting {name!r}; there are {sorted(known)}")
            setattr(self, name, value)


class Workspace:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.name = estate.name
        self.port = 0
        self.signer = tokens.Signer()
        self.secrets = {p.name: "dose" + secrets.token_hex(16) for p in estate.principals
                        if p.kind == "SERVICE_PRINCIPAL"}
        self.passwords = {p.name: "pw-" + secrets.token_hex(16) for p in estate.principals if p.kind == "USER"}
        self.pats = {"dapi" + secrets.token_hex(16): p.name for p in estate.principals
                     if p.name not in estate.pats.values()} | estate.pats

    @property
    def url(self) -> str:
        return f"https://{inventory.AZURE_WORKSPACE_HOST}" if self.estate.tenant else f"https://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/oidc"

    def principal(self, name: str) -> Principal | None:
        return next((p for p in self.estate.principals if p.name == name), None)

    def pat_of(self, name: str) -> str:
        return next(pat for pat, owner in self.pats.items() if owner == name)


@dataclass
class Issued:
    """Tokens by their jti, so that they can be revoked."""

    database: set[str] = field(default_factory=set)
    workspace: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)

    def revoke_all(self, kind: str) -> None:
        self.revoked |= self.database if kind == "database" else self.workspace


class World:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._initial = dict(vars(settings))
        self._estates = inventory.estates(settings.fleet)
        self.workspaces = {estate.name: Workspace(estate) for estate in self._estates}
        self.hosts = self._own_hosts()
        self.directory = Directory()
        self.faults = FaultBook()
        self.records = Records()
        self.issued = Issued()
        self.identities = IdentityProviders()
        self.native_password = secrets.token_urlsafe(18)
        self.plain_password = secrets.token_urlsafe(18)

    def _own_hosts(self) -> dict[str, Host]:
        return {h.name: h for e in self._estates for h in e.hosts()}

    def now(self) -> float:
        return time.time() + self.settings.clock_skew

    def reset(self) -> None:
        """Everything back to how it was at start, except the roles in the database."""
        self.settings.update(self._initial)
        self.hosts = self._own_hosts()
        self.faults.clear()
        self.records.clear()
        self.issued.revoked.clear()
        self.directory.reset()

    def mint_workspace_token(self, workspace: Workspace, principal: Principal, scope: str = "all-apis",
                             lifetime: int | None = None) -> tuple[str, int]:
        seconds = self.settings.workspace_token_lifetime if lifetime is None else lifetime
        issued = int(self.now())
        claims = tokens.workspace_claims(workspace.issuer, principal.name, principal.name, scope,
                                         workspace.estate.workspace_id, issued, math.ceil(self.now() + seconds))
        self.issued.workspace.add(claims["jti"])
        return workspace.signer.sign(claims), seconds

    def mint_database_token(self, workspace: Workspace, principal: Principal, lifetime: int,
                            requested: Any = None, group: str = "") -> tuple[str, int]:
        issued = int(self.now())
        claims = tokens.database_claims(workspace.issuer, principal.name, principal.kind, principal.scim_id,
                                        workspace.estate.workspace_id, requested or [], issued,
                                        math.ceil(self.now() + lifetime), group)
        self.issued.database.add(claims["jti"])
        return workspace.signer.sign(claims), claims["exp"]
