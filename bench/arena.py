"""Where everything is measured: one build, one local Lakebase, a client with and one without the library."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import library
from support.client import Client
from support.roots import SERVICE, Roots

from bench.peer import Peer


@dataclass
class Arena:
    build: Path
    lakebase: LocalLakebase
    directory: Path
    quick: bool
    peer: Peer | None = None

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def rounds(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def program(self, name: str) -> Path:
        return self.build / "bench" / "programs" / name

    @property
    def crowd_probes(self) -> Path:
        return self.build / "tests" / "cache" / "probes"

    def new_directory(self) -> Path:
        directory = self.directory / str(next(self._numbers))
        directory.mkdir()
        return directory

    def client(self, lakebase: LocalLakebase | None = None) -> Client:
        """With an empty cache and a home of its own; its service `orders` is the local Lakebase."""
        client = Client(library(self.build), self.build, lakebase or self.lakebase, self.new_directory())
        client.service("orders", *SERVICE)
        return client

    def client_with_bundle(self) -> tuple[Client, Roots]:
        """As most machines are: all the system's roots, of which one was learned."""
        directory = self.new_directory()
        client = Client(library(self.build), self.build, self.lakebase, directory)
        roots = Roots(client, directory / "bundle.crt")
        roots.learn()
        return client, roots

    def given(self, **more: str) -> str:
        """What a program without the library has to be told: everything."""
        return f"{self.given_but_token(**more)} password={self.token()}"

    def given_but_token(self, **more: str) -> str:
        values = {"user": inventory.APP.name, "dbname": inventory.DATABASE, "sslmode": "verify-full",
                  "sslrootcert": str(self.lakebase.ca_file), "gssencmode": "disable", **more}
        return "service=orders " + " ".join(f"{name}={value}" for name, value in values.items())

    def token(self) -> str:
        return self.lakebase.mint(inventory.APP.name)
