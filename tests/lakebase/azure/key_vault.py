"""Azure Key Vault: the one call that reads a secret."""

from __future__ import annotations

from typing import Any

from .. import inventory, tokens
from ..httpd import Response
from .clouds import cloud_of
from .service import Refused, Service, ServiceCall


def refusal(status: int, code: str, message: str, inner: str = "", headers: dict[str, str] | None = None) -> Refused:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return Refused(Response.json({"error": error}, status, headers))


def get(call: ServiceCall) -> dict[str, Any]:
    call.take_query("api-version")
    if call.query.get("api-version") != "7.4":
        raise refusal(400, "BadParameter", "The specified version is not recognized.")
    host = call.request.headers["host"].rsplit(":", 1)[0]
    vault, name = host.split(".", 1)[0], call.parameters["name"]
    caller = _caller(call)
    if vault not in call.directory.vaults:
        raise refusal(404, "VaultNotFound", f"The vault {vault} was not found.")
    if caller not in call.directory.vault_readers:
        raise refusal(403, "Forbidden", "Caller is not authorized to perform action on resource.\r\nIf role assignments, "
                      "deny assignments or role definitions were changed recently, please observe propagation time.\r\n"
                      f"Caller: appid={caller}\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
                      "ForbiddenByRbac")
    if name not in call.directory.vaults[vault]:
        raise refusal(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault. If you "
                      "recently deleted this secret you may be able to recover it using the correct recovery command.")
    return {"value": call.directory.vaults[vault][name], "id": f"https://{host}/secrets/{name}/0123456789abcdef",
            "attributes": {"enabled": True, "created": 1, "updated": 1, "recoveryLevel": "Recoverable+Purgeable"},
            "tags": {}}


def _caller(call: ServiceCall) -> str:
    cloud = cloud_of(call.request.headers["host"])
    challenge = {"WWW-Authenticate": f'Bearer authorization="https://{cloud.login}/{inventory.TENANT}", '
                 f'resource="{cloud.vault_resource}"'}
    unknown = refusal(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", headers=challenge)
    kind, _, given = call.request.headers.get("authorization", "").partition(" ")
    try:
        token = tokens.decode(given)
    except tokens.NotAToken:
        raise unknown from None
    claims = token.claims
    if kind != "Bearer" or not call.directory.signer.verifies(token) or call.world.now() >= claims["exp"]:
        raise unknown
    if claims["aud"] != cloud.vault_resource:
        raise refusal(401, "Unauthorized", f"AKV10022: Invalid audience. Expected {cloud.vault_resource}")
    if claims["tid"] != inventory.TENANT:
        raise refusal(401, "Unauthorized", "AKV10032: Invalid issuer. Expected one of "
                      f"https://sts.windows.net/{inventory.TENANT}/, found {claims['iss']}.")
    return claims.get("appid") or claims["upn"]


SERVICE = Service("key-vault", (("GET", "/secrets/{name}", get), ("GET", "/secrets/{name}/{version}", get)),
                  r"[a-z0-9-]+\.vault\.(azure\.net|usgovcloudapi\.net|azure\.cn)")
