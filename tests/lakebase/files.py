"""What clients read: the service file, the profiles and the environment."""

from __future__ import annotations

from pathlib import Path

from . import inventory
from .inventory import HOSTS
from .private_files import write_private
from .world import World

ENDPOINT = "projects/shop/branches/production/endpoints/primary"
DEV_ENDPOINT = "projects/shop/branches/dev/endpoints/primary"
AZURE_ENDPOINT = "projects/shop/branches/production/endpoints/azure"
SECOND_ENDPOINT = "projects/second/branches/production/endpoints/primary"


def write_client_files(directory: Path, world: World, ports: dict[str, int]) -> None:
    write_private(directory / "pg_service.conf", service_file(ports))
    write_private(directory / "databrickscfg", profiles(world))


def service_file(ports: dict[str, int]) -> str:
    sections = [
        _lakebase("demo", "demo", ports, "profile=DEMO", f"endpoint={ENDPOINT}"),
        _lakebase("demo-dev", "dev", ports, "profile=DEMO", f"endpoint={DEV_ENDPOINT}"),
        _lakebase("demo-provisioned", "provisioned", ports, "profile=DEMO", "instance=orders-db"),
        _lakebase("demo-azure", "azure", ports, "profile=DEMO", f"endpoint={AZURE_ENDPOINT}"),
        _lakebase("demo-azure-provisioned", "provisioned-azure", ports, "profile=DEMO", "instance=orders-azure"),
        _lakebase("demo-pooled", "pooled", ports, "profile=DEMO", f"endpoint={ENDPOINT}"),
        _lakebase("demo-nodirectives", "demo", ports),
        _lakebase("native", "demo", ports, "auth=native"),
        _lakebase("pat", "demo", ports, "profile=PAT", f"endpoint={ENDPOINT}"),
        _lakebase("second", "second", ports, "profile=SECOND", f"endpoint={SECOND_ENDPOINT}"),
        _lakebase("second-pat", "second", ports, "profile=SECONDPAT", f"endpoint={SECOND_ENDPOINT}"),
        f"[plain]\nhost=127.0.0.1\nport={ports['plain']}\ndbname={inventory.DATABASE}\n"
        f"user={inventory.PLAIN_ROLE}\n",
    ]
    return "\n".join(sections)


def profiles(world: World) -> str:
    demo, second = world.workspaces["demo"], world.workspaces["second"]
    sections = [
        _profile("DEMO", demo.url, client_id=inventory.APP.name, client_secret=demo.secrets[inventory.APP.name]),
        _profile("PAT", demo.url, token=demo.pat_of(inventory.DEV.name)),
        _profile("SECOND", second.url, client_id=inventory.SECOND_APP.name,
                 client_secret=second.secrets[inventory.SECOND_APP.name]),
        _profile("SECONDPAT", second.url, token=second.pat_of(inventory.SECOND_USER.name)),
    ]
    return "\n".join(sections)


def environment(directory: Path, world: World, ports: dict[str, int]) -> dict[str, str]:
    demo = world.workspaces["demo"]
    authority = str(directory / "ca.pem")
    return {
        "LOCAL_LAKEBASE_DIR": str(directory),
        "PGSERVICEFILE": str(directory / "pg_service.conf"),
        "SSL_CERT_FILE": authority,
        "NODE_EXTRA_CA_CERTS": authority,
        "DATABRICKS_HOST": demo.url,
        "DATABRICKS_CLIENT_ID": inventory.APP.name,
        "DATABRICKS_CLIENT_SECRET": demo.secrets[inventory.APP.name],
        "DATABRICKS_CONFIG_FILE": str(directory / "databrickscfg"),
        "LOCAL_LAKEBASE_HOST": HOSTS["demo"],
        "LOCAL_LAKEBASE_NATIVE_PASSWORD": world.native_password,
        "LOCAL_LAKEBASE_PLAIN_PASSWORD": world.plain_password,
        **{f"LOCAL_LAKEBASE_{name.upper().replace('-', '_')}_PORT": str(port) for name, port in ports.items()},
    }


def _lakebase(section: str, host: str, ports: dict[str, int], *directives: str) -> str:
    lines = [f"[{section}]", f"host={HOSTS[host]}", "hostaddr=127.0.0.1", f"port={ports['gateway']}",
             f"dbname={inventory.DATABASE}"] + [f"#lakebase: {directive}" for directive in directives]
    return "\n".join(lines) + "\n"


def _profile(name: str, host: str, **values: str) -> str:
    return "\n".join([f"[{name}]", f"host = {host}"] + [f"{k} = {v}" for k, v in values.items()]) + "\n"
