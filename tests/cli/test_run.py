from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from .conftest import HOST, SECRET, Sandbox

SHOW = (
    "import json, os, signal, sys; print(json.dumps({'argv': sys.argv[1:], 'env': dict(os.environ),"
    " 'pipe': int(signal.getsignal(signal.SIGPIPE)), 'fds': sorted(map(int, os.listdir('/proc/self/fd')))[:-1]}))"
)


@pytest.fixture
def ready(orders: Sandbox) -> Sandbox:
    orders.empty_library()
    return orders


def shown(sandbox: Sandbox, *arguments: str, options: tuple[str, ...] = (), **env: str) -> dict:
    done = sandbox.run("run", *options, "--", "/usr/bin/python3", "-c", SHOW, *arguments, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_preloads_and_changes_nothing_else(ready: Sandbox) -> None:
    env = shown(ready)["env"]
    assert env.pop("LD_PRELOAD") == str(ready.library)
    env.pop("LC_CTYPE", None)  # python's own
    assert env == ready.environment


def test_keeps_what_is_preloaded_already(ready: Sandbox, tmp_path: Path) -> None:
    other = tmp_path / "other.so"
    shutil.copy(ready.library, other)
    assert shown(ready, LD_PRELOAD=str(other))["env"]["LD_PRELOAD"] == f"{other}:{ready.library}"


def test_does_not_add_itself_twice(ready: Sandbox, tmp_path: Path) -> None:
    link = tmp_path / "link.so"
    link.symlink_to(ready.library)
    for value in (f"{ready.library}", f"{link}"):
        assert shown(ready, LD_PRELOAD=value)["env"]["LD_PRELOAD"] == value


def test_works_through_a_link_to_the_command(ready: Sandbox, tmp_path: Path) -> None:
    link = tmp_path / "pglakebase"
    link.symlink_to(ready.command)
    ready.command = link
    assert shown(ready)["env"]["LD_PRELOAD"] == str(ready.library)


ARGUMENTS = ["", "--", "--help", "-x", "--service", "a b", "--no-warm", "*", "ü\n", "--"]


def test_arguments_are_the_programs_own(ready: Sandbox) -> None:
    assert shown(ready, *ARGUMENTS)["argv"] == ARGUMENTS


def test_separator_may_be_left_out(ready: Sandbox) -> None:
    done = ready.run("run", "--no-warm", "/bin/echo", "-n", "--help", "--", "x")
    assert (done.returncode, done.stdout) == (0, "--help -- x")


def test_descriptors_and_signals_are_as_they_were(ready: Sandbox) -> None:
    state = shown(ready, PGSERVICE="orders")
    assert state["fds"] == [0, 1, 2]
    assert len(ready.requests()) == 1
    script = "trap '' PIPE; exec \"$0\" run -- /bin/sh -c 'grep -E SigIgn /proc/self/status'"
    done = subprocess.run(["/bin/sh", "-c", script, ready.command], env=ready.environment, capture_output=True, text=True)
    assert int(done.stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1))
    done = ready.run("run", "--", "/bin/sh", "-c", "grep -E SigIgn /proc/self/status", restore_signals=True)
    assert int(done.stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_process_is_the_program(ready: Sandbox) -> None:
    child = subprocess.Popen(
        [ready.command, "run", "--", "/bin/sh", "-c", "echo $$"], env=ready.environment, stdout=subprocess.PIPE, text=True
    )
    assert int(child.communicate()[0]) == child.pid


@pytest.mark.parametrize("code", [0, 1, 3, 126, 255])
def test_exit_code_is_the_programs(ready: Sandbox, code: int) -> None:
    assert ready.run("run", "--", "/bin/sh", "-c", f"exit {code}").returncode == code


def test_death_by_signal_is_the_programs(ready: Sandbox) -> None:
    assert ready.run("run", "--", "/bin/sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


def test_core_files_of_the_program_are_not_touched(ready: Sandbox) -> None:
    done = ready.run("run", "--", "/usr/bin/python3", "-c", "import ctypes; print(ctypes.CDLL(None).prctl(3))", env={"PGSERVICE": "orders"})
    assert done.stdout == "1\n"


# Finding the program


def test_finds_the_program_in_path(ready: Sandbox, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for directory in (first, second):
        directory.mkdir()
        tool = directory / "tool"
        tool.write_text(f"#!/bin/sh\necho {directory.name}\n")
        tool.chmod(0o755)
    (first / "tool").chmod(0o644)
    done = ready.run("run", "--", "tool", env={"PATH": f"/nowhere:{first}:{second}"})
    assert (done.returncode, done.stdout) == (0, "2\n")


def test_empty_path_entry_is_the_working_directory(ready: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "tool").chmod(0o755)
    assert ready.run("run", "--", "tool", env={"PATH": "/nowhere:"}, cwd=tmp_path).stdout == "here\n"


def test_script_without_interpreter_line(ready: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text('echo "plain $1"\n')
    (tmp_path / "tool").chmod(0o755)
    assert ready.run("run", "--", str(tmp_path / "tool"), "a").stdout == "plain a\n"


@pytest.mark.parametrize("name", ["no-such-program", "/no/such/program", ""])
def test_not_found(ready: Sandbox, name: str) -> None:
    done = ready.run("run", "--", name, env={"PGSERVICE": "orders"})
    assert done.returncode == 127
    assert done.stderr == f'pglakebase: the program "{name}" was not found; install it, or give its full path\n'
    assert ready.requests() == []


def test_not_executable(ready: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for path in (file, tmp_path):
        done = ready.run("run", "--", str(path))
        assert done.returncode == 126
        assert done.stderr == f"pglakebase: {path} may not be executed; see its permissions\n"


def test_interpreter_not_found(ready: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/no/such/interpreter\n")
    (tmp_path / "tool").chmod(0o755)
    done = ready.run("run", "--", str(tmp_path / "tool"))
    assert done.returncode == 127
    assert done.stderr.startswith(f"pglakebase: {tmp_path}/tool cannot be executed: No such file or directory; ")


def test_no_program(ready: Sandbox) -> None:
    for arguments in ((), ("--",), ("--no-warm",), ("--service", "orders", "--")):
        done = ready.run("run", *arguments)
        assert done.returncode == 2
        assert done.stderr == 'pglakebase: run needs a program, as in "pglakebase run -- psql service=orders"\n'


def test_no_library(ready: Sandbox) -> None:
    ready.library.unlink()
    done = ready.run("run", "--", "true")
    assert done.returncode == 1
    assert done.stderr == (
        "pglakebase: libpglakebase.so is not in its place beside this command; install pglakebase again\n"
    )


def test_library_at_a_path_that_cannot_be_preloaded(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "with blank")
    sandbox.empty_library()
    done = sandbox.run("run", "--", "true")
    assert done.returncode == 1
    assert "cannot stand in LD_PRELOAD" in done.stderr


# Warming up


@pytest.mark.parametrize(
    "options, env",
    [(["--service", "orders"], {}), ([], {"PGSERVICE": "orders"}), ([], {"PGHOST": HOST})],
    ids=["--service", "PGSERVICE", "PGHOST"],
)
def test_credential_is_there_before_the_program(ready: Sandbox, options: list[str], env: dict[str, str]) -> None:
    done = ready.run("run", *options, "--", "/bin/sh", "-c", f"ls {ready.cache}", env=env)
    assert "credential-" in done.stdout
    assert "eyJ" not in done.stdout + done.stderr


def test_option_names_the_service_for_the_program(ready: Sandbox) -> None:
    assert shown(ready, options=("--service", "orders"), PGSERVICE="other")["env"]["PGSERVICE"] == "orders"
    assert shown(ready, options=("--service=orders",))["env"]["PGSERVICE"] == "orders"


def test_unknown_service_of_the_option(ready: Sandbox) -> None:
    done = ready.run("run", "--service", "x", "--", "echo", "started")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == 'pglakebase: no service file has a section "x"; there are "orders"\n'


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"PGSERVICE": "no-such"},
        {"PGHOST": "db.example.com"},
        {"PGHOST": f"{HOST},db.example.com"},
        {"PGSERVICE": "orders", "PGLAKEBASE": "off"},
        {"PGSERVICE": "orders", "USE_LAKEBASE": "false"},
        {"PGSERVICE": "plain", "PGHOST": HOST},
        {"PGSERVICE": "native"},
        {"PGSERVICE": "bare", "PGPASSWORD": "native"},
    ],
)
def test_not_warmed_where_nothing_is_known(ready: Sandbox, env: dict[str, str]) -> None:
    ready.services(
        f"[orders]\nhost={HOST}\n#lakebase: profile=PROD\n[plain]\nhost=db.example.com\n"
        f"[native]\nhost={HOST}\n#lakebase: auth=native\n[bare]\nhost={HOST}\n"
    )
    ready.behave(failure="would stop it", permanent=True)
    done = ready.run("run", "--", "echo", "started", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")
    assert ready.requests() == []


def test_password_file_may_have_a_native_password(ready: Sandbox) -> None:
    ready.services(f"[bare]\nhost={HOST}\n")
    (ready.home / ".pgpass").write_text("*:*:*:*:native\n")
    ready.run("run", "--", "true", env={"PGSERVICE": "bare"})
    assert ready.requests() == []
    (ready.home / ".pgpass").unlink()
    ready.run("run", "--", "true", env={"PGSERVICE": "bare"})
    assert len(ready.requests()) == 1


def test_final_failure_stops_it(ready: Sandbox) -> None:
    ready.behave(failure="the secret was refused; make a new one", permanent=True)
    done = ready.run("run", "--", "echo", "started", env={"PGSERVICE": "orders"})
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        "pglakebase: the secret was refused; make a new one; echo was not started (--no-warm starts it in any case)\n"
    )


def test_settings_that_do_not_count_stop_it(ready: Sandbox) -> None:
    ready.services(f"[orders]\nhost={HOST}\n#lakebase: profil=x\n")
    done = ready.run("run", "--", "echo", "started", env={"PGSERVICE": "orders"})
    assert (done.returncode, done.stdout) == (3, "")
    assert '"profil" is no setting that pglakebase knows' in done.stderr


def test_temporary_failure_only_warns(ready: Sandbox) -> None:
    ready.behave(failure="the workspace is away; try again", permanent=False)
    done = ready.run("run", "--", "echo", "started", env={"PGSERVICE": "orders"})
    assert (done.returncode, done.stdout) == (0, "started\n")
    assert done.stderr == (
        "pglakebase: the workspace is away; try again; echo starts all the same and tries again\n"
    )


def test_no_warm(ready: Sandbox) -> None:
    ready.behave(failure="no", permanent=True)
    done = ready.run("run", "--no-warm", "--", "echo", "started", env={"PGSERVICE": "orders"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")
    assert ready.requests() == []


def test_no_secret_reaches_the_program_or_the_process_list(ready: Sandbox) -> None:
    environment = {name: value for name, value in ready.environment.items() if name != "DATABRICKS_CLIENT_SECRET"}
    (ready.home / ".databrickscfg").write_text(f"[PROD]\nclient_secret={SECRET}\n")
    script = "tr '\\0' '\\n' < /proc/self/environ; tr '\\0' '\\n' < /proc/self/cmdline"
    done = subprocess.run(
        [ready.command, "run", "--service", "orders", "--", "/bin/sh", "-c", script],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "LD_PRELOAD" in done.stdout
    assert SECRET not in done.stdout and "eyJ" not in done.stdout


# Programs that cannot be preloaded


def elf(path: Path, *, interpreter: str | None, bits: int = 64, machine: int = 62) -> Path:
    """A file that says what an ELF header says, and no more."""
    content = bytearray(b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9))
    content += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    name = (interpreter or "").encode() + b"\0"
    content += struct.pack("<IIQQQQQQ", 3 if interpreter else 1, 4, 120, 0, 0, len(name), len(name), 1)
    path.write_bytes(content + name)
    path.chmod(0o755)
    return path


OTHER_WAY = (
    '; give it a password file instead, made by "pglakebase token --format pgpass" and named by PGPASSFILE\n'
)


def first_line(done: subprocess.CompletedProcess) -> str:
    return done.stderr.splitlines(keepends=True)[0]


def test_static_program(ready: Sandbox, tmp_path: Path) -> None:
    source = tmp_path / "show.c"
    source.write_text('#include <stdio.h>\n#include <stdlib.h>\nint main(void) { puts(getenv("LD_PRELOAD")); }\n')
    program = tmp_path / "static"
    subprocess.run(["cc", "-static", "-o", program, source], check=True)
    done = ready.run("run", "--", str(program))
    assert (done.returncode, done.stdout) == (0, f"{ready.library}\n")
    assert done.stderr == (
        f"pglakebase: {program} is linked statically, so nothing can be preloaded into it" + OTHER_WAY
    )


def test_musl_program_is_run_without(ready: Sandbox, tmp_path: Path) -> None:
    linker = tmp_path / "ld-musl-x86_64.so.1"
    headers = subprocess.run(["readelf", "-l", "/bin/true"], capture_output=True, text=True, check=True).stdout
    linker.symlink_to(re.search(r"interpreter: (\S+)\]", headers).group(1))
    source = tmp_path / "show.c"
    source.write_text('#include <stdio.h>\n#include <stdlib.h>\nint main(void) { printf("%s", getenv("LD_PRELOAD")); }\n')
    program = tmp_path / "musl"
    subprocess.run(["cc", f"-Wl,--dynamic-linker={linker}", "-o", program, source], check=True)
    other = tmp_path / "other.so"
    shutil.copy(ready.library, other)
    for value in (f"{other}", f"{other}:{ready.library}"):
        done = ready.run("run", "--", str(program), env={"LD_PRELOAD": value})
        assert (done.returncode, done.stdout) == (0, str(other))
        assert done.stderr == (
            f"pglakebase: {program} is built for musl, and this library for glibc; it runs without the library"
            + OTHER_WAY
        )
    script = tmp_path / "script"
    script.write_text(f"#!{program} -x\n")
    script.chmod(0o755)
    assert "is built for musl" in ready.run("run", "--", str(script)).stderr


@pytest.mark.parametrize("static", [False, True])
def test_real_musl_program(ready: Sandbox, tmp_path: Path, static: bool) -> None:
    """The one gets no preload, the other would take no notice; both run."""
    source = tmp_path / "show.c"
    source.write_text(
        '#include <stdio.h>\n#include <stdlib.h>\n'
        'int main(void) { const char* p = getenv("LD_PRELOAD"); puts(p ? p : "no preload"); return 7; }\n'
    )
    program = tmp_path / "musl"
    subprocess.run(["musl-gcc", *(["-static"] if static else []), "-o", program, source], check=True)
    done = ready.run("run", "--", str(program))
    reason = "is linked statically, so nothing" if static else "is built for musl, and this library for glibc; it runs"
    assert done.stderr.startswith(f"pglakebase: {program} {reason}") and done.stderr.endswith(OTHER_WAY)
    assert (done.returncode, done.stdout) == (7, f"{ready.library}\n" if static else "no preload\n")


def test_other_machine(ready: Sandbox, tmp_path: Path) -> None:
    for name, options in {"arm": {"machine": 183}, "narrow": {"bits": 32}}.items():
        program = elf(tmp_path / name, interpreter="/lib/ld-linux.so.1", **options)
        done = ready.run("run", "--", str(program))
        assert "is built for another processor or for 32 bits" in first_line(done)
        # Not as a script, either.
        assert done.returncode in (126, 127) and len(done.stderr.splitlines()) == 2
        assert done.stderr.splitlines()[1].startswith(f"pglakebase: {program} cannot be executed: ")


def test_dynamic_programs_are_not_warned_of(ready: Sandbox, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#! /usr/bin/env\tsh\necho started\n")
    script.chmod(0o755)
    done = ready.run("run", "--", str(script))
    assert (done.stdout, done.stderr) == ("started\n", "")


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user's rights")
def test_set_user_id_program(ready: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "own-rights"
    shutil.copy("/bin/true", program)
    os.chown(program, 65534, 65534)
    program.chmod(0o755 | stat.S_ISUID)
    done = ready.run("run", "--", str(program))
    assert done.returncode == 0
    assert first_line(done).startswith(f"pglakebase: {program} runs with rights of its own (set-user-ID or capabilities)")
    os.chown(program, os.getuid(), os.getgid())
    program.chmod(0o755 | stat.S_ISUID | stat.S_ISGID)
    assert ready.run("run", "--", str(program)).stderr == ""


