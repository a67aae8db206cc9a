"""Who and what exists in the local workspaces. Names and ids are fixed; secrets are made at start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .azure import clouds

AUTOSCALING = "autoscaling"
PROVISIONED = "provisioned"

DATABASE = "databricks_postgres"


@dataclass(frozen=True)
class Principal:
    name: str  # client id or e-mail: the subject of its tokens and the name of its role
    kind: str  # USER or SERVICE_PRINCIPAL
    scim_id: str
    display_name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """An Autoscaling compute endpoint and the host names that lead to it."""

    project: str
    branch: str
    endpoint_id: str
    uid: str
    zone: str
    read_only: bool = False
    state: str = "ACTIVE"
    disabled: bool = False

    @property
    def name(self) -> str:
        return f"projects/{self.project}/branches/{self.branch}/endpoints/{self.endpoint_id}"

    @property
    def host(self) -> str:
        return f"{self.uid}.database.{self.zone}"

    @property
    def pooled_host(self) -> str:
        return f"{self.uid}-pooler.database.{self.zone}"


@dataclass(frozen=True)
class Instance:
    """A Provisioned instance; `dns` overrides the host for those that are Autoscaling underneath."""

    name: str
    uid: str
    zone: str
    state: str = "AVAILABLE"
    readable_secondaries: bool = False
    dns: str = ""

    @property
    def host(self) -> str:
        return self.dns or f"instance-{self.uid}.database.{self.zone}"

    @property
    def read_only_host(self) -> str:
        return f"instance-ro-{self.uid}.database.{self.zone}"


@dataclass(frozen=True)
class Host:
    """What a server name stands for."""

    name: str
    workspace: str
    product: str
    pooled: bool = False


@dataclass(frozen=True)
class Estate:
    """The fixed content of one workspace."""

    name: str
    workspace_id: str
    principals: tuple[Principal, ...]
    group_ids: dict[str, str]
    branches: dict[str, tuple[str, ...]]  # project -> branches
    endpoints: tuple[Endpoint, ...]
    instances: tuple[Instance, ...]
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)  # (scope, key) -> only reader
    tenant: str = ""  # of Entra, whose tokens the workspace takes then
    resource_id: str = ""  # in Azure
    newcomers: tuple[str, ...] = ()  # not yet members: let in by the right to manage the workspace alone
    pats: dict[str, str] = field(default_factory=dict)  # fixed ones

    def hosts(self) -> list[Host]:
        found = []
        for endpoint in self.endpoints:
            found.append(Host(endpoint.host, self.name, AUTOSCALING))
            found.append(Host(endpoint.pooled_host, self.name, AUTOSCALING, pooled=True))
        for instance in self.instances:
            if not instance.dns:
                found.append(Host(instance.host, self.name, PROVISIONED))
            if instance.readable_secondaries:
                found.append(Host(instance.read_only_host, self.name, PROVISIONED))
        return found


AWS_REGION = "us-east-1.cloud.databricks.com"
AWS = "cloud.databricks.com"
AZURE_REGION = "westeurope.azuredatabricks.net"
AZURE = "azuredatabricks.net"

APP = Principal("1f0c8a52-6d3b-4e8f-9a41-7c5b2e90d6a1", "SERVICE_PRINCIPAL", "5710934820461173", "orders-app",
                ("data-engineers",))
BATCH = Principal("8e4b7d10-25fa-4c39-b6e8-03d9a1f7c254", "SERVICE_PRINCIPAL", "5710934820461174", "nightly-batch")
DEV = Principal("dev@example.com", "USER", "2290417765300918", "Dev Eloper", ("data-engineers",))
GUEST = Principal("guest@example.com", "USER", "2290417765300919", "Guest Without Label")
MIXED = Principal("mixed@example.com", "USER", "2290417765300920", "Mixed Up")
SECOND_APP = Principal("c3a96f48-71de-4b02-8d5f-e61b40a2973c", "SERVICE_PRINCIPAL", "7733018826450012", "second-app")
SECOND_USER = Principal("sam@example.org", "USER", "7733018826450013", "Sam Second")

GROUP_ROLE = "data-engineers"
NATIVE_ROLE = "native_user"
PLAIN_ROLE = "plain_user"

_SHOP_PRODUCTION = Endpoint("shop", "production", "primary", "ep-cool-breeze-a1b2c3d4", AWS_REGION)
_MIGRATED = Endpoint("migrated", "production", "primary", "ep-still-forest-0a1b2c3d", AWS_REGION)

DEMO_ESTATE = Estate(
    name="demo",
    workspace_id="1444828305810485",
    principals=(APP, BATCH, DEV, GUEST, MIXED),
    group_ids={GROUP_ROLE: "3301846192750065"},
    branches={
        "archive": ("production",),
        "migrated": ("production",),
        "shop": ("dev", "production", "staging"),
    },
    endpoints=(
        _SHOP_PRODUCTION,
        Endpoint("shop", "production", "readonly", "ep-calm-lake-b2c3d4e5", AWS_REGION, read_only=True),
        Endpoint("shop", "production", "azure", "ep-green-meadow-c9d8e7f6", AZURE_REGION),
        Endpoint("shop", "dev", "primary", "ep-quiet-river-e5f6a7b8", AWS_REGION, state="IDLE"),
        Endpoint("shop", "staging", "primary", "ep-dry-desert-99aa88bb", AWS_REGION, state="IDLE", disabled=True),
        _MIGRATED,
    ),
    instances=(
        Instance("migrated-db", "5f3e2d1c-0b9a-4887-a665-544332211000", AWS, dns=_MIGRATED.host),
        Instance("orders-azure", "b7c6d5e4-f3a2-4190-8877-665544332211", AZURE),
        Instance("orders-db", "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", AWS, readable_secondaries=True),
        Instance("parked-db", "d4c3b2a1-0f9e-4d8c-b7a6-958473625140", AWS, state="STOPPED"),
    ),
    secrets={
        ("lakebase", "client-secret"): APP.name,
        ("lakebase", "native-password"): "",
        ("private", "client-secret"): BATCH.name,
    },
)

SECOND_ESTATE = Estate(
    name="second",
    workspace_id="2555939416921596",
    principals=(SECOND_APP, SECOND_USER),
    group_ids={},
    branches={"second": ("production",)},
    endpoints=(Endpoint("second", "production", "primary", "ep-far-island-7e6d5c4b", AWS_REGION),),
    instances=(Instance("second-db", "e1f2a3b4-c5d6-4e7f-8091-a2b3c4d5e6f7", AWS),),
)

# A workspace of Azure Databricks. The names are those that a guide for such applications uses as examples, so that its
# blocks of settings work as they stand there.
TENANT = "your-azure-tenant-id"
OTHER_TENANT = "d6c5b4a3-9281-4706-b5e4-d3c2b1a09f8e"
AZURE_WORKSPACE_HOST = clouds.PUBLIC.workspace
AZURE_APP = Principal("6b1f0c2e-84d7-4a53-9e68-17c0b2d4f5a9", "SERVICE_PRINCIPAL", "6120934820461181", "orders-azure")
GUIDE_APP = Principal("your-service-principal-client-id", "SERVICE_PRINCIPAL", "6120934820461182", "guide-app")
MACHINE = Principal("91d2e3f4-0516-4273-8495-a6b7c8d9e0f1", "SERVICE_PRINCIPAL", "6120934820461183", "orders-machine")
USER_ASSIGNED = Principal("a7b8c9d0-e1f2-4304-9516-2738495a6b7c", "SERVICE_PRINCIPAL", "6120934820461184", "orders-shared")
NEWCOMER = Principal("f2e1d0c9-b8a7-4968-8574-635241302f1e", "SERVICE_PRINCIPAL", "6120934820461185", "newcomer")
AZURE_USER = Principal("developer@company.com", "USER", "3390417765300921", "Developer")

AZURE_ESTATE = Estate(
    name="azure",
    workspace_id="1234567890123456",
    principals=(AZURE_APP, GUIDE_APP, MACHINE, USER_ASSIGNED, NEWCOMER, AZURE_USER),
    group_ids={},
    branches={"blue": ("production",)},
    endpoints=(Endpoint("blue", "production", "primary", "ep-blue-lagoon-5d6e7f80", AZURE_REGION),),
    instances=(Instance("your-lakebase-instance", "xxxxx", AZURE),),
    secrets={("lakebase", "client-secret"): AZURE_APP.name, ("lakebase", "native-password"): "",
             ("lakebase", "identity-header"): ""},
    tenant=TENANT,
    resource_id="/subscriptions/5a6b7c8d-9e0f-4a1b-8c2d-3e4f5a6b7c8d/resourceGroups/shop/providers/"
                "Microsoft.Databricks/workspaces/orders",
    newcomers=(NEWCOMER.name,),
    pats={"dapi1234567890abcdef": AZURE_USER.name},
)

ESTATES = (DEMO_ESTATE, SECOND_ESTATE, AZURE_ESTATE)

FLEET = "fleet"


def estates(fleet: int) -> tuple[Estate, ...]:
    """With so many more endpoints in the demo workspace: a project named fleet, in one branch."""
    if not fleet:
        return ESTATES
    demo = replace(DEMO_ESTATE, branches={**DEMO_ESTATE.branches, FLEET: ("production",)},
                   endpoints=DEMO_ESTATE.endpoints + tuple(fleet_endpoint(i) for i in range(fleet)))
    return (demo, *ESTATES[1:])


def fleet_endpoint(number: int) -> Endpoint:
    return Endpoint(FLEET, "production", f"e{number}", f"ep-fleet-ship-{number:08x}", AWS_REGION)

# Short names for tests and for the command line.
HOSTS = {
    "demo": _SHOP_PRODUCTION.host,
    "pooled": _SHOP_PRODUCTION.pooled_host,
    "readonly": "ep-calm-lake-b2c3d4e5.database." + AWS_REGION,
    "dev": "ep-quiet-river-e5f6a7b8.database." + AWS_REGION,
    "azure": "ep-green-meadow-c9d8e7f6.database." + AZURE_REGION,
    "migrated": _MIGRATED.host,
    "provisioned": "instance-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database." + AWS,
    "provisioned-ro": "instance-ro-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database." + AWS,
    "provisioned-azure": "instance-b7c6d5e4-f3a2-4190-8877-665544332211.database." + AZURE,
    "azure-workspace": "ep-blue-lagoon-5d6e7f80.database." + AZURE_REGION,
    "guide": "instance-xxxxx.database." + AZURE,
    "second": "ep-far-island-7e6d5c4b.database." + AWS_REGION,
    "second-provisioned": "instance-e1f2a3b4-c5d6-4e7f-8091-a2b3c4d5e6f7.database." + AWS,
}

# The zones in the gateway's certificate: wildcards, so that an unknown endpoint still gets as far as its error.
CERTIFICATE_NAMES = tuple(f"*.database.{zone}" for zone in (AWS_REGION, AWS, AZURE_REGION, AZURE,
                                                             *(cloud.databases for cloud in clouds.CLOUDS[1:])))
