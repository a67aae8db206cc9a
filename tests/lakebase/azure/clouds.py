"""Microsoft's clouds: the names of their servers, and the resources that tokens are for there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    name: str  # as ARM_ENVIRONMENT has it
    login: str
    vaults: str
    management: str  # what the token for a workspace's management is for
    resource_manager: str
    workspace: str
    databases: str  # the zone of a region's databases

    @property
    def vault_resource(self) -> str:
        return f"https://{self.vaults}"

    @property
    def names(self) -> tuple[str, ...]:
        return self.login, self.resource_manager, self.workspace


_WORKSPACE = "adb-1234567890123456.7"
PUBLIC = Cloud("PUBLIC", "login.microsoftonline.com", "vault.azure.net", "https://management.core.windows.net/",
               "management.azure.com", f"{_WORKSPACE}.azuredatabricks.net", "westeurope.azuredatabricks.net")
GOVERNMENT = Cloud("USGOVERNMENT", "login.microsoftonline.us", "vault.usgovcloudapi.net",
                   "https://management.core.usgovcloudapi.net/", "management.usgovcloudapi.net",
                   f"{_WORKSPACE}.databricks.azure.us", "usgovvirginia.databricks.azure.us")
CHINA = Cloud("CHINA", "login.chinacloudapi.cn", "vault.azure.cn", "https://management.core.chinacloudapi.cn/",
              "management.chinacloudapi.cn", f"{_WORKSPACE}.databricks.azure.cn", "chinanorth3.databricks.azure.cn")
CLOUDS = (PUBLIC, GOVERNMENT, CHINA)


def cloud_of(host: str) -> Cloud:
    """The cloud that a server's name belongs to; the public one for the others."""
    name = host.rsplit(":", 1)[0]
    return next((cloud for cloud in CLOUDS if name in cloud.names or name.endswith("." + cloud.vaults)), PUBLIC)
