"""The local Lakebase for tests: `with LocalLakebase() as lakebase: ...`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Optional, Type

from . import launch
from .control_client import call


class LocalLakebase:
    """A server of its own, which also stops by itself when this process ends."""

    def __init__(self, directory: Optional[Path] = None, *, token_lifetime: Optional[int] = None,
                 workspace_token_lifetime: int = 3600, api_latency_ms: int = 0, login_latency_ms: int = 0,
                 fleet: int = 0, metadata_address: str = "", watch_pid: Optional[int] = None) -> None:
        self._given = directory
        self._options = ["--workspace-token-lifetime", str(workspace_token_lifetime),
                         "--api-latency-ms", str(api_latency_ms), "--login-latency-ms", str(login_latency_ms),
                         "--fleet", str(fleet), "--watch-pid", str(watch_pid or os.getpid())]
        if metadata_address:
            self._options += ["--metadata-address", metadata_address]
        if token_lifetime is not None:
            self._options += ["--token-lifetime", str(token_lifetime)]
        self.directory = Path()
        self.info: dict[str, Any] = {}

    def start(self) -> "LocalLakebase":
        # A short path: a unix socket's may have no more than 107 bytes.
        self.directory = self._given or Path(tempfile.mkdtemp(prefix="lakebase-", dir="/tmp"))
        launch.start(self.directory, self._options)
        self.info = call(self.directory, "info")
        return self

    def stop(self) -> None:
        launch.stop(self.directory)

    def __enter__(self) -> "LocalLakebase":
        return self.start()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.stop()

    # What there is.

    @property
    def ports(self) -> dict[str, int]:
        """gateway, odd, provisioned, api, second-api, local, plain."""
        return self.info["ports"]

    @property
    def hosts(self) -> dict[str, str]:
        """Short name -> server name, all reached through 127.0.0.1."""
        return self.info["hosts"]

    @property
    def pids(self) -> dict[str, int]:
        return self.info["pids"]

    @property
    def passwords(self) -> dict[str, str]:
        """Of native_user and plain_user."""
        return self.info["passwords"]

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def other_ca_file(self) -> Path:
        """The root of the certificate `other-root`; `ca_file` has cross-signed it."""
        return self.directory / "other-ca.pem"

    def env(self) -> dict[str, str]:
        """What `local-lakebase env` exports."""
        return dict(self.info["env"])

    def workspace(self, name: str = "demo") -> dict[str, Any]:
        """url, id, secrets (by client id) and pats (by principal)."""
        return self.info["workspaces"][name]

    @property
    def azure(self) -> dict[str, Any]:
        """secrets (by client id), identity_header, request_token, tenant, certificate_password."""
        return self.info["azure"]

    def certificates(self) -> dict[str, str]:
        """The Azure application's certificate and key: pem, encrypted-pem, pkcs12 … -> path."""
        return call(self.directory, "certificates")

    @property
    def identities(self) -> dict[str, Any]:
        """What GitHub, Azure DevOps, Google … have given to a job or a machine."""
        return self.info["identities"]

    def conninfo(self, host: str = "demo", port: str = "gateway", **more: str) -> str:
        """For a stock libpq: verified TLS to one of the hosts."""
        values = {"host": self.hosts[host], "hostaddr": "127.0.0.1", "port": str(self.ports[port]),
                  "dbname": "databricks_postgres", "sslmode": "verify-full", "sslrootcert": str(self.ca_file), **more}
        return " ".join("{}='{}'".format(k, v.replace("\\", "\\\\").replace("'", "\\'")) for k, v in values.items())

    # What happened.

    def counters(self) -> dict[str, Any]:
        """calls and statuses by "workspace METHOD path", connections, handshakes, logins by result."""
        return call(self.directory, "counters")

    def calls(self, route: str, workspace: str = "demo") -> int:
        return self.counters()["calls"].get(f"{workspace} {route}", 0)

    def connections(self) -> list[dict[str, Any]]:
        """Every connection to the gateway, oldest first; see records.Attempt."""
        return call(self.directory, "connections")

    def forget(self) -> None:
        """Counters and connections back to none."""
        call(self.directory, "forget")

    def reset(self) -> None:
        """Also settings, faults, certificates and revocations back to how they were at start."""
        call(self.directory, "reset")

    # What is to happen.

    def fault(self, area: str, kind: str, target: str = "*", *, workspace: str = "*", times: Optional[int] = None,
              after: int = 0, **options: Any) -> int:
        """target: of api a route label; of gateway a host, its short name, or a listener. Returns its number."""
        return call(self.directory, "fault", area=area, kind=kind, target=target, workspace=workspace, times=times,
                    after=after, options=options)

    def clear_faults(self, number: Optional[int] = None) -> None:
        call(self.directory, "clear-faults", number=number)

    def faults(self) -> list[dict[str, Any]]:
        return call(self.directory, "faults")

    def refuse(self, seconds: float, listener: str = "gateway") -> None:
        """Nobody listens on that port for a while."""
        call(self.directory, "refuse", name=listener, seconds=seconds)

    def listen(self, on: bool, listener: str = "gateway") -> None:
        """False: nobody listens on that port (api and second-api, too) until True, or reset()."""
        call(self.directory, "listen", listener=listener, on=on)

    def hang_up(self) -> None:
        """Ends all connections to the APIs."""
        call(self.directory, "hang-up")

    def use_certificate(self, kind: str, listener: str = "odd") -> None:
        """good, wrong-host, expired, untrusted, self-signed; other-root and cross-signed: see the README."""
        call(self.directory, "certificate", listener=listener, kind=kind)

    def alias(self, name: str, host: str = "demo") -> None:
        """Another server name for a host, as a private DNS zone gives; the certificate `wrong-host` has db.example.net."""
        call(self.directory, "alias", name=name, host=host)

    def set(self, **settings: Any) -> None:
        """See world.Settings."""
        call(self.directory, "set", **settings)

    def set_token_lifetime(self, seconds: Optional[int]) -> None:
        self.set(token_lifetime=seconds)

    # Tokens and roles.

    def mint(self, identity: str, *, kind: str = "database", lifetime: int = 3600, scope: str = "all-apis",
             bad_signature: bool = False) -> str:
        """A token of any identity of either workspace; a negative lifetime makes it expired."""
        return call(self.directory, "mint", identity=identity, kind=kind, lifetime=lifetime, scope=scope,
                    bad_signature=bad_signature)

    def mint_entra(self, identity: str, resource: str, **more: Any) -> str:
        """A token of Microsoft Entra; `tenant` and `lifetime` may be given."""
        return call(self.directory, "mint-entra", identity=identity, resource=resource, **more)

    def federated_token(self, lifetime: int = 3600) -> str:
        """What AKS gives a service account that the Azure application trusts."""
        return call(self.directory, "federated-token", lifetime=lifetime)

    def let_read_vaults(self, *identities: str) -> None:
        """These and nobody else; until reset."""
        call(self.directory, "vault-readers", names=list(identities))

    def vouch(self, issuer: str, subject: str, audience: str = "", *, lifetime: int = 600) -> str:
        """An identity provider's token (api/identity_providers.py); by default for the demo workspace's token endpoint."""
        audience = audience or self.workspace()["url"] + "/oidc/v1/token"
        return call(self.directory, "vouch", issuer=issuer, subject=subject, audience=audience, lifetime=lifetime)

    def revoke(self, token: str) -> None:
        call(self.directory, "revoke", token=token)

    def revoke_all(self, kind: str = "database") -> None:
        """All database (or workspace) tokens issued so far."""
        call(self.directory, "revoke-all", kind=kind)

    def add_role(self, name: str, *, identity: str = "", password: str = "") -> None:
        """A role with another identity's label, a native password, both or neither."""
        call(self.directory, "add-role", name=name, identity=identity, password=password)
