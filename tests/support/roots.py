"""A full-size bundle of roots, and the file of those that were learned from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.client import Client, Outcome
from support.waiting import wait_until

SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
SERVICE = ("profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")


def fingerprint(data: bytes, start: int) -> int:
    """As core/fingerprint.cpp."""
    value = start ^ len(data)
    for at in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[at:at + 8], "little")) * 0x9E3779B97F4A7C15 % 2**64
        value ^= value >> 32
    return value


class Roots:
    def __init__(self, client: Client, bundle: Path) -> None:
        self.client = client
        self.lakebase = client.lakebase
        self.bundle = bundle
        self.write_bundle(self.lakebase.ca_file, self.lakebase.other_ca_file)
        client.service("orders", *SERVICE)

    def write_bundle(self, *ours: Path) -> None:
        """All the system's roots and these; the client's bundle from now on."""
        aside = self.bundle.with_suffix(".new")
        aside.write_bytes(SYSTEM_BUNDLE.read_bytes() + b"".join(file.read_bytes() for file in ours))
        aside.rename(self.bundle)
        self.client.env["SSL_CERT_FILE"] = str(self.bundle)

    def two_hosts(self, service: str) -> None:
        """A service with a list: `demo` on the usual port, `readonly` on the odd one."""
        hosts, ports = self.lakebase.hosts, self.lakebase.ports
        with open(self.client.home / ".pg_service.conf", "a", encoding="utf-8") as out:
            out.write(f"[{service}]\nhost={hosts['demo']},{hosts['readonly']}\nhostaddr=127.0.0.1,127.0.0.1\n"
                      f"port={ports['gateway']},{ports['odd']}\n" + "".join(f"#lakebase: {d}\n" for d in SERVICE))

    def psql(self, conninfo: str = "service=orders", **options: Any) -> Outcome:
        return self.client.psql(conninfo, **options)

    # What was learned.

    def files(self, kind: str = "roots") -> list[Path]:
        return sorted(self.client.cache.glob(f"{kind}-*"))

    def learn(self, conninfo: str = "service=orders") -> Path:
        """One connection, and its root in the one file there is."""
        before = self.files()
        self.psql(conninfo).ok()
        assert wait_until(lambda: len(self.files()) == len(before) + 1)
        self.forget_gateway()
        return next(file for file in self.files() if file not in before)

    def forget_gateway(self) -> None:
        """Behind the end of what is under way there."""
        wait_until(lambda: all(c["result"] != "open" for c in self.lakebase.connections()))
        self.lakebase.forget()

    def learners(self) -> list[dict[str, Any]]:
        """The connections on which nothing was said behind the handshake."""
        return [c for c in self.lakebase.connections() if c["tls"] and not c["user"] and not c["password_received"]]

    def forge(self, file: Path, learned_ms: int, pem: bytes) -> None:
        """Writes a file that has everything right."""
        name = file.name.partition("-")[2].encode()
        whole = fingerprint(pem, fingerprint(name, learned_ms)) >> 8
        [target] = [line for line in file.read_bytes().decode().splitlines() if line.startswith("target=")]
        record = f"pglakebase=1\nkind=roots\n{target}\nlearned_ms={learned_ms}\nsum={whole}\nend=1\n"
        file.write_bytes(record.encode() + pem)

    def opened(self, trace: Path) -> list[str]:
        """Which files of roots the traced program opened, in order."""
        names = {str(self.bundle): "bundle", **{str(file): "learned" for file in self.files()}}
        seen = []
        for line in trace.read_text().splitlines():
            path = line.split('"')[1] if '"' in line else ""
            if path in names or f"{self.client.cache}/roots-" in path:
                seen.append(names.get(path, "learned"))
        return seen

    def psql_opens(self, trace: Path, conninfo: str = "service=orders") -> list[str]:
        """Of a connection that must succeed. Our own reading goes through the cache's descriptor, libpq's by path."""
        self.psql(conninfo, prefix=("strace", "-qq", "-e", "trace=openat,open", "-o", str(trace))).ok()
        return self.opened(trace)
