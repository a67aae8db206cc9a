"""Settings, and the way of signing in that they choose.

{url}, {name} and {port} are the workspace's, {second} is another workspace; {id}, {secret}, {pat}, {user}, {password} and
{service} are good; {cli} is a directory with a Databricks CLI that is signed in.
"""

from __future__ import annotations

from dataclasses import dataclass

SEVERAL = "more than one authorization method configured"
NONE = "nothing configured"
NO_PROFILE = "profile configured"
REFUSED = "refused"


@dataclass(frozen=True)
class Choice:
    what: str
    chosen: str  # an auth_type, or one of the errors above
    environment: dict[str, str]
    file: str = ""  # ~/.databrickscfg
    npm: str = ""  # what the SDK on npm chooses, where that differs from Go's and so from ours
    why: str = ""  # and why


HOST = {"DATABRICKS_HOST": "{url}"}
PAT = {"DATABRICKS_TOKEN": "{pat}"}
M2M = {"DATABRICKS_CLIENT_ID": "{id}", "DATABRICKS_CLIENT_SECRET": "{secret}"}
BASIC = {"DATABRICKS_USERNAME": "{user}", "DATABRICKS_PASSWORD": "{password}"}
META = {"DATABRICKS_METADATA_SERVICE_URL": "{service}"}
CLI = {"PATH": "{cli}:/usr/bin:/bin"}
FILE = """
[DEFAULT]
host = {url}
token = {pat}

[M2M]
host = {url}
client_id = {id}
client_secret = {secret}

[BASIC]
host = {url}
username = {user}
password = {password}

[HOSTONLY]
host = {url}

[BOTH]
host = {url}
token = {pat}
client_id = {id}
client_secret = {secret}

[NOHOST]
token = {pat}
"""
SETTINGS = "\n[__settings__]\ndefault_profile = M2M\n"


def named(profile: str) -> dict[str, str]:
    return {"DATABRICKS_CONFIG_PROFILE": profile}


CHOICES = (
    # One way in the environment.
    Choice("nothing at all", NONE, {}),
    Choice("a host alone", NONE, HOST),
    Choice("a token", "pat", HOST | PAT),
    Choice("a service principal", "oauth-m2m", HOST | M2M),
    Choice("name and password", "basic", HOST | BASIC),
    Choice("a metadata service", "metadata-service", HOST | META),
    Choice("a login of the CLI", "databricks-cli", HOST | CLI),
    Choice("a token without a host", NONE, PAT),
    Choice("a client id without a secret", NONE, HOST | {"DATABRICKS_CLIENT_ID": "{id}"}),
    Choice("a secret without an id", NONE, HOST | {"DATABRICKS_CLIENT_SECRET": "{secret}"}),
    Choice("a name without a password", NONE, HOST | {"DATABRICKS_USERNAME": "{user}"}),
    Choice("an empty token counts as none", "oauth-m2m", HOST | M2M | {"DATABRICKS_TOKEN": ""}, npm=SEVERAL,
           why="there an empty variable is one that is set"),
    # Order.
    Choice("a token before the CLI's login", "pat", HOST | PAT | CLI),
    Choice("a service principal before the CLI's login", "oauth-m2m", HOST | M2M | CLI),
    Choice("the CLI's login before a metadata service", "databricks-cli", HOST | META | CLI),
    Choice("half a service principal gives way to the CLI's login", "databricks-cli",
           HOST | CLI | {"DATABRICKS_CLIENT_ID": "{id}"}),
    # More than one way.
    Choice("a token and a service principal", SEVERAL, HOST | PAT | M2M),
    Choice("a token and a password", SEVERAL, HOST | PAT | BASIC),
    Choice("a token and half a password", SEVERAL, HOST | PAT | {"DATABRICKS_USERNAME": "{user}"}),
    Choice("a service principal and a password", SEVERAL, HOST | M2M | BASIC),
    Choice("a token and one of Azure", SEVERAL, HOST | PAT | {"ARM_CLIENT_ID": "{id}"}),
    Choice("a service principal and one of Azure", SEVERAL, HOST | M2M | {"ARM_TENANT_ID": "t"}),
    Choice("a token and Google's", SEVERAL, HOST | PAT | {"DATABRICKS_GOOGLE_SERVICE_ACCOUNT": "a"}),
    Choice("a token and a metadata service", SEVERAL, HOST | PAT | META, npm="pat",
           why="there a metadata service is no way that excludes others"),
    # auth_type.
    Choice("auth_type picks the token", "pat", HOST | PAT | M2M | {"DATABRICKS_AUTH_TYPE": "pat"}),
    Choice("auth_type picks the principal", "oauth-m2m", HOST | PAT | M2M | {"DATABRICKS_AUTH_TYPE": "oauth-m2m"}),
    Choice("auth_type picks the password", "basic", HOST | PAT | BASIC | {"DATABRICKS_AUTH_TYPE": "basic"}),
    Choice("auth_type picks the CLI", "databricks-cli", HOST | PAT | CLI | {"DATABRICKS_AUTH_TYPE": "databricks-cli"}),
    Choice("auth_type picks the service", "metadata-service",
           HOST | M2M | META | {"DATABRICKS_AUTH_TYPE": "metadata-service"}),
    Choice("auth_type picks what is not there", NONE, HOST | PAT | {"DATABRICKS_AUTH_TYPE": "oauth-m2m"}),
    Choice("auth_type that nobody knows", REFUSED, HOST | PAT | {"DATABRICKS_AUTH_TYPE": "nonsense"}, npm=NONE,
           why="it says no more than that"),
    # Profiles.
    Choice("the default profile", "pat", {}, FILE),
    Choice("a named profile", "oauth-m2m", named("M2M"), FILE),
    Choice("a named profile with a password", "basic", named("BASIC"), FILE),
    Choice("a profile that is not there", NO_PROFILE, named("NOWHERE"), FILE),
    Choice("a profile that is nowhere needed, and no file", "pat", named("NOWHERE") | HOST | PAT),
    Choice("a profile with two ways", SEVERAL, named("BOTH"), FILE),
    Choice("a profile with two ways, and auth_type", "oauth-m2m", named("BOTH") | {"DATABRICKS_AUTH_TYPE": "oauth-m2m"}, FILE),
    Choice("a profile with a host alone", NONE, named("HOSTONLY"), FILE),
    Choice("a profile with a host, and the CLI", "databricks-cli", named("HOSTONLY") | CLI, FILE),
    Choice("a profile with a host, and the environment's token", "pat", named("HOSTONLY") | PAT, FILE),
    Choice("a profile without a host, and the environment's", "pat", named("NOHOST") | HOST, FILE),
    Choice("the environment's token before the profile's", "pat", named("DEFAULT") | PAT, FILE),
    Choice("the environment's token beside a profile's principal", SEVERAL, named("M2M") | PAT, FILE),
    Choice("no profile is read where the environment has a host", NONE, HOST, FILE),
    Choice("no profile is read where the environment has a token", NONE, PAT, FILE),
    Choice("nor where it has half a principal", NONE, {"DATABRICKS_CLIENT_ID": "{id}"}, FILE),
    Choice("an auth_type alone does read the default profile", "pat", {"DATABRICKS_AUTH_TYPE": "pat"}, FILE,
           npm=NONE, why="there an auth_type keeps the default profile from being read"),
    Choice("a file without a default profile", NONE, {}, "[OTHER]\nhost = {url}\ntoken = {pat}\n"),
    Choice("another file", "pat", {"DATABRICKS_CONFIG_FILE": "~/elsewhere"}, FILE),
    Choice("a file that is not there", NONE, {"DATABRICKS_CONFIG_FILE": "/nonexistent"}),
    Choice("default_profile", "oauth-m2m", {}, FILE + SETTINGS, npm="pat", why="it does not know default_profile"),
    Choice("a named profile before default_profile", "basic", named("BASIC"), FILE + SETTINGS),
    Choice("default_profile that is not there", NO_PROFILE, {}, "[__settings__]\ndefault_profile = GONE\n", npm=NONE,
           why="it does not know default_profile"),
    Choice("__settings__ is no profile", REFUSED, named("__settings__"), FILE + SETTINGS, npm=NONE,
           why="there it is a profile like any other"),
    # How values are written.
    Choice("quotes", "pat", {}, "[DEFAULT]\nhost = \"{url}\"\ntoken = \"{pat}\"\n"),
    Choice("no blanks", "pat", {}, "[DEFAULT]\nhost={url}\ntoken={pat}\n"),
    Choice("comments", "pat", {}, "; one\n# two\n[DEFAULT]\nhost = {url} ; three\ntoken = {pat} # four\n"),
    Choice("Windows' ends of lines", "pat", {}, "[DEFAULT]\r\nhost = {url}\r\ntoken = {pat}\r\n"),
    Choice("an auth_type in the profile", "oauth-m2m", named("X"),
           "[X]\nhost = {url}\ntoken = {pat}\nclient_id = {id}\nclient_secret = {secret}\nauth_type = oauth-m2m\n"),
    # How a host is written.
    Choice("a host without https://", "pat", PAT | {"DATABRICKS_HOST": "{name}:{port}"}),
    Choice("a host with a slash", "pat", PAT | {"DATABRICKS_HOST": "{url}/"}),
    Choice("a host with a path", "pat", PAT | {"DATABRICKS_HOST": "{url}/browse/folders/1"}),
    Choice("a host with a workspace's id", "pat", PAT | {"DATABRICKS_HOST": "{url}/?o=1444828305810485"}),
    Choice("a host in capitals", "pat", PAT | {"DATABRICKS_HOST": "https://LOCALHOST:{port}"}),
)
