"""The command scripts/local-lakebase."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from . import launch
from .control_client import ControlError, call
from .server import add_settings


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments) or 0)
    except (launch.LaunchFailed, ControlError) as error:
        print(f"local-lakebase: {error}", file=sys.stderr)
        return 1


def up(arguments: argparse.Namespace) -> None:
    if not arguments.dir and launch.is_current_up():
        raise launch.LaunchFailed("one is up already: `down` ends it, --dir makes another")
    directory = Path(arguments.dir).absolute() if arguments.dir else launch.fresh_directory()
    options = []
    for name in ("token_lifetime", "workspace_token_lifetime", "api_latency_ms", "login_latency_ms", "fleet",
                 "metadata_address", "watch_pid"):
        value = getattr(arguments, name)
        if value is not None:
            options += ["--" + name.replace("_", "-"), str(value)]
    launch.start(directory, options)
    if not arguments.dir:
        launch.record_current(directory)
    info = call(directory, "info")
    print(f"The local Lakebase is up in {directory}\n  gateway    127.0.0.1:{info['ports']['gateway']}\n"
          f"  workspace  {info['env']['DATABRICKS_HOST']}\n"
          f"Next: eval \"$(local-lakebase env{f' --dir {shlex.quote(arguments.dir)}' if arguments.dir else ''})\"")


def down(arguments: argparse.Namespace) -> None:
    launch.stop(_directory(arguments))


def env(arguments: argparse.Namespace) -> None:
    for name, value in call(_directory(arguments), "info")["env"].items():
        print(f"export {name}={shlex.quote(value)}")


def status(arguments: argparse.Namespace) -> None:
    directory = _directory(arguments)
    info = call(directory, "info")
    _print({"dir": info["dir"], "pids": info["pids"], "ports": info["ports"], "hosts": info["hosts"],
            "settings": call(directory, "settings"), "faults": call(directory, "faults"),
            "counters": call(directory, "counters")})


def fault(arguments: argparse.Namespace) -> None:
    number = call(_directory(arguments), "fault", area=arguments.area, kind=arguments.kind, target=arguments.target,
                  workspace=arguments.workspace, times=arguments.times, after=arguments.after,
                  options=dict(_assignment(text) for text in arguments.options))
    print(number)


def clear_faults(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "clear-faults", number=arguments.number)


def change(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "set", **dict(_assignment(text) for text in arguments.settings))


def mint(arguments: argparse.Namespace) -> None:
    print(call(_directory(arguments), "mint", identity=arguments.identity, kind=arguments.kind,
               lifetime=arguments.lifetime, bad_signature=arguments.bad_signature))


def revoke_all(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "revoke-all", kind=arguments.kind)


def certificate(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "certificate", listener=arguments.listener, kind=arguments.kind)


def refuse(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "refuse", name=arguments.listener, seconds=arguments.seconds)


def connections(arguments: argparse.Namespace) -> None:
    _print(call(_directory(arguments), "connections"))


def reset(arguments: argparse.Namespace) -> None:
    call(_directory(arguments), "reset")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-lakebase", description="A faithful local Lakebase on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--dir", help="the server's directory (default: the one that `up` recorded)")
        added.set_defaults(run=run)
        return added

    add_settings(command("up", up, "start, and return when ready"))
    command("down", down, "stop, and remove everything")
    command("env", env, "print export lines for sh")
    command("status", status, "ports, processes, settings, faults and counters as JSON")
    command("connections", connections, "every login attempt as JSON")
    command("reset", reset, "settings, faults, certificates, counters as at start")
    added = command("fault", fault, "switch a fault on; prints its number")
    added.add_argument("area", choices=("api", "gateway", "connection"))
    added.add_argument("kind")
    added.add_argument("options", nargs="*", metavar="name=value")
    added.add_argument("--target", default="*", help="route label, host, its short name, or listener")
    added.add_argument("--workspace", default="*", metavar="NAME")
    added.add_argument("--times", type=int)
    added.add_argument("--after", type=int, default=0)
    added = command("clear-faults", clear_faults, "switch one fault or all off")
    added.add_argument("number", type=int, nargs="?")
    added = command("set", change, "change settings, such as token_lifetime=5")
    added.add_argument("settings", nargs="+", metavar="name=value")
    added = command("mint", mint, "print a token of any identity")
    added.add_argument("identity")
    added.add_argument("--kind", choices=("database", "workspace"), default="database")
    added.add_argument("--lifetime", type=int, default=3600)
    added.add_argument("--bad-signature", action="store_true")
    added = command("revoke-all", revoke_all, "revoke all tokens issued so far")
    added.add_argument("--kind", choices=("database", "workspace"), default="database")
    added = command("certificate", certificate, "choose a listener's certificate")
    added.add_argument("listener", choices=("gateway", "odd", "provisioned", "api", "second-api"))
    added.add_argument("kind")
    added = command("refuse", refuse, "stop listening on a port for some seconds")
    added.add_argument("seconds", type=float)
    added.add_argument("--listener", default="gateway")
    return parser


def _directory(arguments: argparse.Namespace) -> Path:
    return Path(arguments.dir).absolute() if arguments.dir else launch.current_directory()


def _assignment(text: str) -> tuple[str, Any]:
    """name=value, where value is JSON if it can be."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _print(value: Any) -> None:
    print(json.dumps(value, indent=2))
