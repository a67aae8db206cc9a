"""Whether a password, as the gateway got it, opens a role."""

from __future__ import annotations

from typing import Optional

from .. import tokens
from ..inventory import Host, Principal
from ..world import Workspace, World
from . import refusals
from .roles import Role


def check_password(world: World, host: Host, user: str, role: Optional[Role], password: str) -> None:
    """Returns if it does, raises Refusal otherwise."""
    try:
        token = tokens.decode(password)
    except tokens.NotAToken:
        check_native(host, user, role, password)
        return
    workspace = world.workspaces[host.workspace]
    principal = check_token(world, workspace, host, user, token)
    check_label(workspace, principal, host, user, role, token.claims.get("group", ""))


def check_native(host: Host, user: str, role: Optional[Role], password: str) -> None:
    if role is None or role.verifier is None:
        raise refusals.not_a_token(host, user)
    if not role.verifier.matches(password):
        raise refusals.wrong_password(user)


def check_token(world: World, workspace: Workspace, host: Host, user: str, token: tokens.Decoded) -> Principal:
    if not workspace.signer.verifies(token):
        others = (w for w in world.workspaces.values() if w is not workspace)
        foreign = any(w.signer.verifies(token) for w in others)
        raise refusals.foreign_token(host, user, "other-workspace" if foreign else "bad-signature")
    claims = token.claims
    if claims.get("aud") != tokens.DATABASE_AUDIENCE:
        raise refusals.bad_token(host, user, "not-a-database-token")
    if world.now() >= claims["exp"]:
        raise refusals.bad_token(host, user, "expired")
    if claims["jti"] in world.issued.revoked:
        raise refusals.bad_token(host, user, "revoked")
    principal = workspace.principal(claims["sub"])
    if principal is None:
        raise refusals.bad_token(host, user, "unknown-identity")
    return principal


def check_label(workspace: Workspace, principal: Principal, host: Host, user: str, role: Optional[Role],
                group: str = "") -> None:
    """`group`: the only one whose role the token is for."""
    if role is None:
        raise refusals.role_missing(host, user)
    if not role.label:
        raise refusals.label_missing(user)
    if group:
        if role.label.get("id") != workspace.estate.group_ids.get(group):
            raise refusals.identity_mismatch(group, user)
    elif role.label.get("type") == "GROUP":
        groups = (workspace.estate.group_ids.get(group) for group in principal.groups)
        if role.label.get("id") not in groups:
            raise refusals.identity_mismatch(principal.name, user)
    elif role.label.get("id") != principal.scim_id:
        raise refusals.identity_mismatch(principal.name, user)
