"""Runs a program in a network of its own, where a metadata server's address takes packets and never answers."""

from __future__ import annotations

import socket
import subprocess
import sys

ADDRESS = ("169.254.169.254", 80)


def main() -> int:
    for command in ("ip link set lo up", f"ip addr add {ADDRESS[0]}/32 dev lo"):
        subprocess.run(command.split(), check=True)
    listener = socket.create_server(ADDRESS, backlog=0)
    # Who finds the queue full gets no answer.
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(ADDRESS)
        waiting.append(client)
    code = subprocess.run(sys.argv[1:], check=False).returncode
    for client in waiting:
        client.close()
    listener.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
