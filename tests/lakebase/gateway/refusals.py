"""Every sentence with which a login is refused. README.md says which of them are confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from ..inventory import AUTOSCALING, Host
from .startup import error_response


@dataclass
class Refusal(Exception):
    result: str  # how the login is counted
    sqlstate: str
    message: str
    severity: str = "FATAL"
    detail: str = ""

    def packet(self) -> bytes:
        return error_response(self.severity, self.sqlstate, self.message, self.detail)


def plaintext(version: int) -> Refusal:
    return Refusal("plaintext", "08P01", f"Invalid protocol version. Protocol version: {version}",
                   detail="Ensure that connection is using SSL. Try using sslmode=require in the connection string.")


def no_server_name() -> Refusal:
    return Refusal("no-sni", "08P01", "Endpoint ID is not specified. Either please upgrade the postgres client library "
                   "(libpq) for SNI support or pass the endpoint ID (first part of the domain name) as a parameter: "
                   "'?options=endpoint%3D<endpoint-id>'.", severity="ERROR")


def unknown_endpoint() -> Refusal:
    return Refusal("unknown-host", "XX000", "The requested endpoint could not be found, or you don't have access to "
                   "it. Please check the provided ID and try again.", severity="ERROR")


def disabled_endpoint() -> Refusal:
    return Refusal("disabled", "XX000", "The endpoint has been disabled. Enable it using the API and retry.",
                   severity="ERROR")


def stopped_instance() -> Refusal:
    return Refusal("stopped", "57P03", "The database instance is stopped.")


def wrong_password(role: str) -> Refusal:
    return Refusal("wrong-password", "28P01", f'password authentication failed for user "{role}"')


def not_a_token(host: Host, role: str) -> Refusal:
    if host.product == AUTOSCALING:
        return Refusal("not-a-token", "28P01", "Provided authentication token is not a valid JWT encoding",
                       severity="ERROR")
    return Refusal("not-a-token", "28P01", f'Failed to decode token for role "{role}" and native postgres login was '
                   "either not attempted due to configuration or failed.")


def bad_token(host: Host, role: str, result: str) -> Refusal:
    """A token that was once good, or is for something else."""
    if host.product == AUTOSCALING:
        return Refusal(result, "28P01", "External authorization failed")
    return Refusal(result, "28P01", f'password authentication failed for user "{role}"')


def foreign_token(host: Host, role: str, result: str) -> Refusal:
    """A token that this workspace did not sign."""
    if host.product == AUTOSCALING:
        return Refusal(result, "28P01", "External authorization failed")
    return Refusal(result, "28P01", not_a_token(host, role).message)


def role_missing(host: Host, role: str) -> Refusal:
    if host.product == AUTOSCALING:
        return Refusal("role-missing", "28000", f'role "{role}" does not exist')
    return Refusal("role-missing", "28P01", f'password authentication failed for user "{role}"')


def label_missing(role: str) -> Refusal:
    return Refusal("label-missing", "28P01", "An oauth token was supplied but no role security label was configured "
                   f'in postgres for role "{role}"')


def identity_mismatch(identity: str, role: str) -> Refusal:
    return Refusal("identity-mismatch", "28P01", f"OAuth token identity '{identity}' did not match the security label "
                   f'configured for role "{role}"')


def pooler_rejects(attempts: int) -> Refusal:
    if attempts > POOLER_ATTEMPTS:
        return Refusal("pooler", "08P01", "Too many connections attempts")
    return Refusal("pooler", "08P01", "SASL authentication failed")


POOLER_ATTEMPTS = 5


def starting_up() -> Refusal:
    return Refusal("starting-up", "57P03", "the database system is starting up")
