"""Who vouches for identities besides the workspace itself: their keys, and whom the workspace takes them for."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any, Optional

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .. import inventory, tokens

GITHUB = "https://token.actions.githubusercontent.com"
DEVOPS = "https://vstoken.dev.azure.com/6f1d2c3b-0a9e-4f8d-b7c6-5e4d3c2b1a09"
CLUSTER = "https://cluster.example.com"
GOOGLE = "https://accounts.google.com"

GITHUB_SUBJECT = "repo:octo-org/shop:environment:production"
DEVOPS_SUBJECT = "sc://contoso/shop/lakebase"
CLUSTER_SUBJECT = "system:serviceaccount:shop:nightly"
AZURE_EXCHANGE = "api://AzureADTokenExchange"
CUSTOM_AUDIENCE = "shop-on-lakebase"
GOOGLE_ACCOUNT = "shop@shop-project.iam.gserviceaccount.com"
GOOGLE_MACHINE = "machine@shop-project.iam.gserviceaccount.com"
GOOGLE_PERSON = "jane@example.com"
GOOGLE_PROJECT = "shop-project"
# Who comes from the cluster's issuer, and what Google's token service knows it by.
GOOGLE_FEDERATED = "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/shop/subject/nightly"
GOOGLE_PROVIDER = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/shop/providers/cluster"


@dataclass(frozen=True)
class Policy:
    """A federation policy. Without a client id it holds for the account: the subject is a user's name."""

    issuer: str
    subject: str
    client_id: str
    audiences: tuple[str, ...]  # "": the workspace's token endpoint


POLICIES = (
    Policy(GITHUB, GITHUB_SUBJECT, inventory.APP.name, ("", CUSTOM_AUDIENCE)),
    Policy(DEVOPS, DEVOPS_SUBJECT, inventory.APP.name, (AZURE_EXCHANGE,)),
    Policy(CLUSTER, CLUSTER_SUBJECT, inventory.BATCH.name, ("", CUSTOM_AUDIENCE)),
    Policy(CLUSTER, inventory.DEV.name, "", ("",)),
)
# Service accounts of Google that are known in the workspace.
GOOGLE_USERS = {GOOGLE_ACCOUNT: inventory.DEV.name}


class IdentityProviders:
    def __init__(self) -> None:
        self.signers = {issuer: tokens.Signer() for issuer in (GITHUB, DEVOPS, CLUSTER, GOOGLE)}
        self.github_request_token = tokens.Signer().sign({"scp": "Actions.GenericRead", "jti": str(uuid.uuid4())})
        self.devops_access_token = tokens.Signer().sign({"nameid": "build", "jti": str(uuid.uuid4())})
        self.metadata_path = "/metadata-service/" + secrets.token_hex(16)
        self.google_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.google_key_id = secrets.token_hex(20)
        # What a login of gcloud leaves behind.
        self.google_login = {"client_id": "764086051850-example.apps.googleusercontent.com",
                             "client_secret": "d-" + secrets.token_urlsafe(18), "refresh_token": "1//" + secrets.token_urlsafe(40)}
        self.google_access_tokens: dict[str, tuple[str, str]] = {}  # token -> service account, scopes

    def mint(self, issuer: str, subject: str, audience: str, lifetime: int = 600, **more: Any) -> str:
        now = int(time.time())
        return self.signers[issuer].sign({"iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now,
                                          "exp": now + lifetime, "jti": str(uuid.uuid4()), **more})

    def google_access_token(self, account: str, scopes: str) -> str:
        token = "ya29." + secrets.token_urlsafe(60)
        self.google_access_tokens[token] = (account, scopes)
        return token

    def google_credentials(self, token_uri: str) -> str:
        private = self.google_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption()).decode()
        return json.dumps({"type": "service_account", "project_id": "shop-project", "private_key_id": self.google_key_id,
                           "private_key": private, "client_email": GOOGLE_ACCOUNT, "client_id": "104857600000000000001",
                           "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": token_uri})

    def policy_for(self, token: str, client_id: str, endpoint: str) -> Optional[Policy]:
        """The policy that takes this token for that client id, if it is one of an issuer's own and still valid."""
        try:
            decoded = tokens.decode(token)
        except tokens.NotAToken:
            return None
        claims = decoded.claims
        signer = self.signers.get(str(claims.get("iss")))
        if signer is None or not signer.verifies(decoded) or claims.get("exp", 0) <= time.time():
            return None
        for policy in POLICIES:
            audiences = {audience or endpoint for audience in policy.audiences}
            if (policy.issuer, policy.subject, policy.client_id) == (claims["iss"], claims["sub"], client_id) \
                    and claims.get("aud") in audiences:
                return policy
        return None

    def google_user(self, token: str, audience: str) -> Optional[str]:
        """Whom an ID token of Google, made for that audience, stands for in the workspace."""
        try:
            decoded = tokens.decode(token)
        except tokens.NotAToken:
            return None
        claims = decoded.claims
        if claims.get("iss") != GOOGLE or not self.signers[GOOGLE].verifies(decoded) \
                or claims.get("aud") != audience or claims["exp"] <= time.time():
            return None
        return GOOGLE_USERS.get(str(claims.get("email")))

    def describe(self, api: str, plain: str) -> dict[str, Any]:
        """For tests: what a job, a machine or a person would have been given."""
        return {
            "github": {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{api}/github/idtoken?api-version=2.0",
                       "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.github_request_token},
            "devops": {"SYSTEM_ACCESSTOKEN": self.devops_access_token,
                       "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": f"{api}/devops/contoso/",
                       "SYSTEM_TEAMPROJECTID": "0f3c9a51-7b1d-4c0e-9d2a-5e8f6a7b8c9d", "SYSTEM_HOSTTYPE": "build",
                       "SYSTEM_PLANID": "7c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f",
                       "SYSTEM_JOBID": "12f1170f-54f2-53f3-20dd-22fc7dff55f9"},
            "metadata_service_url": plain + self.metadata_path,
            "google_credentials": self.google_credentials(f"{api}/google/token"),
            "google_account": GOOGLE_ACCOUNT,
            "google_login": json.dumps({"account": "", **self.google_login, "quota_project_id": GOOGLE_PROJECT,
                                        "type": "authorized_user", "universe_domain": "googleapis.com"}),
            "google_provider": GOOGLE_PROVIDER,
        }
