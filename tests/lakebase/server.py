"""The server process: starts every part, tells when it is ready, and takes everything down again."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import signal
import ssl
from functools import partial
from pathlib import Path
from typing import Any, Optional

from . import certificates, files, httpd, inventory, roles_setup
from .api.server import LABELS, WorkspaceApi
from .azure import app_service, arc, entra, github, imds, key_vault, resource_manager
from .azure.service import Port
from .cluster import Cluster, ClusterFailed
from .control import Control
from .gateway.listener import Gateway
from .pgclient import Connection
from .private_files import write_private
from .processes import start_time
from .world import Settings, World


class Server:
    def __init__(self, directory: Path, settings: Settings, metadata_address: str = "") -> None:
        self._metadata_address = metadata_address
        self.directory = directory
        self._settings = settings
        self._cluster = Cluster(directory / "pg", directory / "postgres.log")
        self._stopping = asyncio.Event()
        self._apis: list[WorkspaceApi] = []
        self._azure: dict[str, Port] = {}
        self._gateway: Optional[Gateway] = None
        self._catalog: Optional[Connection] = None
        self._control: Optional[asyncio.Server] = None

    async def start(self) -> None:
        initdb = self._cluster.initialise()
        world = World(self._settings)
        api_contexts, contexts = certificates.make_contexts(self.directory)
        if await asyncio.to_thread(initdb.wait) != 0:
            raise ClusterFailed(f"initdb failed; see {self._cluster.log}")
        self._cluster.start(inventory.PLAIN_ROLE)
        self._catalog = await roles_setup.create_database(self._cluster.socket)
        await roles_setup.populate(self._catalog, world)
        for workspace in world.workspaces.values():
            api = WorkspaceApi(world, workspace, api_contexts, self._catalog)
            await api.listener.open()
            await api.open_local()
            self._apis.append(api)
        await self._open_azure(world, api_contexts["good"])
        self._gateway = Gateway(world, contexts, self._cluster.socket, self._catalog)
        self._gateway.open()
        info = self._describe(world)
        await self._open_control(world, info)
        write_private(self.directory / "state.json", json.dumps(
            {"processes": {str(pid): start_time(pid) for pid in (os.getpid(), self._cluster.pid)}}))

    async def run(self, watched: Optional[int]) -> None:
        """Until told to stop, or the watched process or PostgreSQL has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        if watched is not None:
            loop.add_reader(os.pidfd_open(watched), self._stopping.set)
        while self._cluster.alive():
            try:
                await asyncio.wait_for(self._stopping.wait(), timeout=1)
                return
            except asyncio.TimeoutError:
                continue

    def stop(self) -> None:
        if self._gateway is not None:
            self._gateway.close()
        for api in self._apis:
            api.listener.close()
            api.close()
        for port in self._azure.values():
            port.close()
        if self._control is not None:
            self._control.close()
        self._cluster.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _describe(self, world: World) -> dict[str, Any]:
        assert self._gateway is not None
        ports = {name: listener.port for name, listener in self._gateway.listeners.items()}
        ports["api"] = world.workspaces["demo"].port
        ports["second-api"] = world.workspaces["second"].port
        ports["azure-api"] = world.workspaces["azure"].port
        ports |= {name: port.number for name, port in self._azure.items()}
        ports["local"] = self._apis[0].local_port
        ports["plain"] = self._cluster.port
        files.write_client_files(self.directory, world, ports)
        return {
            "dir": str(self.directory),
            "ports": ports,
            "pids": {"server": os.getpid(), "postgres": self._cluster.pid},
            "hosts": inventory.HOSTS,
            "routes": LABELS,
            "env": files.environment(self.directory, world, ports),
            "postgres_socket": self._cluster.socket,
            "workspaces": {w.name: {"url": w.url, "id": w.estate.workspace_id, "secrets": w.secrets, "passwords": w.passwords,
                                    "pats": {owner: pat for pat, owner in w.pats.items()}}
                           for w in world.workspaces.values()},
            "azure": world.directory.describe(),
            "identities": world.identities.describe(world.workspaces["demo"].url, f"http://127.0.0.1:{ports['local']}"),
            "passwords": {inventory.NATIVE_ROLE: world.native_password, inventory.PLAIN_ROLE: world.plain_password},
        }

    async def _open_azure(self, world: World, context: ssl.SSLContext) -> None:
        """Entra, Key Vault, the Resource Manager and GitHub share a port with TLS; each service of managed identities has one without."""
        services = (entra.SERVICE, key_vault.SERVICE, resource_manager.SERVICE, github.SERVICE)
        self._azure["azure"] = Port(world, services, context)
        for module in (imds, app_service, arc):
            self._azure[module.SERVICE.name] = Port(world, (module.SERVICE,), None)
        for port in self._azure.values():
            await port.open()
        if self._metadata_address:
            await self._azure[imds.SERVICE.name].open(self._metadata_address, 80)

    async def _open_control(self, world: World, info: dict[str, Any]) -> None:
        assert self._gateway is not None and self._catalog is not None
        control = Control(world, self._gateway, self._apis, self._catalog, info, self._stopping.set)
        path = self.directory / "control"
        self._control = await asyncio.start_unix_server(partial(httpd.serve, control.handle, world.now), path,
                                                        limit=httpd.MAX_HEAD)
        path.chmod(0o600)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that `up` and the server share."""
    parser.add_argument("--token-lifetime", type=int, metavar="SECONDS", help="of database credentials")
    parser.add_argument("--workspace-token-lifetime", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--api-latency-ms", type=int, default=0, metavar="MS", help="before each API answer")
    parser.add_argument("--login-latency-ms", type=int, default=0, metavar="MS", help="after each password")
    parser.add_argument("--fleet", type=int, default=0, metavar="N", help="more endpoints, in a project named fleet")
    parser.add_argument("--metadata-address", metavar="IP", help="where a machine's metadata service is, too (port 80)")
    parser.add_argument("--watch-pid", type=int, metavar="PID", help="stop when this process ends")


async def serve(arguments: argparse.Namespace) -> None:
    settings = Settings(token_lifetime=arguments.token_lifetime,
                        workspace_token_lifetime=arguments.workspace_token_lifetime,
                        api_latency_ms=arguments.api_latency_ms, login_latency_ms=arguments.login_latency_ms, fleet=arguments.fleet)
    server = Server(Path(arguments.dir), settings, arguments.metadata_address or "")
    try:
        await server.start()
        with os.fdopen(arguments.ready_fd, "w") as ready:
            ready.write("ready")
        await server.run(arguments.watch_pid)
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    add_settings(parser)
    os.umask(0o077)
    # A thousand logins at once need two descriptors each.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
