"""One connection to the gateway, from its first byte to the pipe or the refusal."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Optional

from ..inventory import Host
from ..pgclient import QueryFailed
from ..records import Attempt
from . import refusals, roles, scram, startup, verdict
from .link import Link, reset_on_close
from .refusals import Refusal
from .sockets import peek, receive_exactly
from .startup import Malformed, Startup
from .trouble import Dropped, Trouble

if TYPE_CHECKING:
    from .listener import Gateway, Listener

LOGIN_TIMEOUT = 120


class Cancelled(Exception):
    """The connection brought a cancel request, which is done."""


class Login:
    def __init__(self, gateway: "Gateway", listener: "Listener", sock: socket.socket, attempt: Attempt) -> None:
        self._gateway = gateway
        self._world = gateway.world
        self._listener = listener
        self._socket = sock
        self._attempt = attempt
        self._trouble = Trouble(self._world.faults, listener.name)
        self._link: Optional[Link] = None

    async def run(self) -> None:
        """Returns when the login is over; what was joined to PostgreSQL then runs on by itself."""
        finish = self._world.records.finish
        try:
            async with asyncio.timeout(LOGIN_TIMEOUT):
                await self._converse()
        except Refusal as refusal:
            await self._send(refusal.packet())
            finish(self._attempt, refusal.result, refusal.sqlstate, refusal.message)
        except Dropped as dropped:
            finish(self._attempt, f"dropped-{dropped.stage}")
            self._close(dropped.reset)
        except Cancelled:
            finish(self._attempt, "cancel-request")
            self._close()
        except Malformed as error:
            finish(self._attempt, "malformed", message=str(error))
            self._close()
        except ssl.SSLError as error:
            finish(self._attempt, "tls-failed", message=error.reason or str(error))
            self._close()
        except (OSError, EOFError, TimeoutError) as error:
            finish(self._attempt, "gone", message=str(error))
            self._close()
        except asyncio.CancelledError:
            self._close()
            raise

    async def _converse(self) -> None:
        await self._trouble.on_accept()
        if await self._negotiate():
            await self._trouble.at("tls")
            await self._start_tls()
            host = self._route()
            first = await self._read_startup()
            self._note(first)
            await self._trouble.at("startup")
            self._trouble.before_password()
            await self._authenticate(host, first)
            await self._trouble.at("authenticated")
            await self._attach(first)

    async def _negotiate(self) -> bool:
        """The unencrypted beginning. True when TLS comes next."""
        if await peek(self._socket) == startup.TLS_RECORD_HANDSHAKE:
            return True
        loop = asyncio.get_running_loop()
        while True:
            head = await receive_exactly(self._socket, 4)
            body = await receive_exactly(self._socket, startup.parse_length(head))
            code = int.from_bytes(body[:4], "big")
            if code == startup.SSL_REQUEST:
                await loop.sock_sendall(self._socket, b"S")
                return True
            if code == startup.GSSENC_REQUEST:
                await loop.sock_sendall(self._socket, b"N")
                continue
            if code == startup.CANCEL_REQUEST:
                await self._gateway.cancel(head + body)
                raise Cancelled
            await self._refuse_plaintext(startup.parse_startup(head + body))

    async def _refuse_plaintext(self, first: Startup) -> None:
        self._note(first)
        if self._world.settings.ask_password_in_plaintext:
            await asyncio.get_running_loop().sock_sendall(self._socket, startup.ASK_CLEARTEXT_PASSWORD)
            head = await receive_exactly(self._socket, 5)
            size = int.from_bytes(head[1:], "big") - 4
            if head[:1] != b"p" or not 0 < size <= startup.MAX_PASSWORD:
                raise Malformed("expected a password")
            password = (await receive_exactly(self._socket, size)).rstrip(b"\0")
            self._attempt.saw_password(password.decode("utf-8", "surrogateescape"), over_tls=False)
        raise refusals.plaintext(first.version)

    async def _start_tls(self) -> None:
        loop = asyncio.get_running_loop()
        link = Link()
        transport, _ = await loop.connect_accepted_socket(lambda: link, self._socket, ssl=self._listener.context,
                                                          ssl_handshake_timeout=LOGIN_TIMEOUT)
        self._link = link
        tls = transport.get_extra_info("ssl_object")
        self._world.records.handshakes[self._listener.name] += 1
        self._attempt.sni = self._listener.server_name(tls)
        self._attempt.tls = tls.version() or ""
        self._attempt.alpn = tls.selected_alpn_protocol() or ""

    def _route(self) -> Optional[Host]:
        """The host that the client means; None if it gave no name (which is an error, once it has spoken)."""
        name = self._attempt.sni.lower().rstrip(".") or self._listener.default_host
        host = self._world.hosts.get(name)
        if host is not None:
            self._trouble.on_host(host.name, host.workspace)
        return host

    async def _read_startup(self) -> Startup:
        assert self._link is not None
        head = await self._link.read_exactly(4)
        packet = head + await self._link.read_exactly(startup.parse_length(head))
        if int.from_bytes(packet[4:8], "big") == startup.CANCEL_REQUEST:
            await self._gateway.cancel(packet)
            raise Cancelled
        return startup.parse_startup(packet)

    def _note(self, first: Startup) -> None:
        self._attempt.user = first.user
        self._attempt.database = first.database
        self._attempt.application_name = first.parameters.get("application_name", "")
        self._attempt.options = first.parameters.get("options", "")
        self._attempt.replication = first.parameters.get("replication", "")

    async def _authenticate(self, host: Optional[Host], first: Startup) -> None:
        assert self._link is not None
        if host is None:
            raise refusals.unknown_endpoint() if self._attempt.sni else refusals.no_server_name()
        self._gateway.check_awake(host)
        role = await self._look_up(first.user)
        if host.pooled:
            await self._authenticate_pooled(role, first.user)
            return
        self._link.write(startup.ASK_CLEARTEXT_PASSWORD)
        kind, body = await self._link.read_message(startup.MAX_PASSWORD)
        if kind != b"p":
            raise Malformed(f"expected a password, got {kind!r}")
        password = body.rstrip(b"\0").decode("utf-8", "surrogateescape")
        self._attempt.saw_password(password, over_tls=True)
        await self._trouble.at("password")
        await asyncio.sleep(self._world.settings.login_latency_ms / 1000)
        self._trouble.after_password()
        verdict.check_password(self._world, host, first.user, role, password)

    async def _authenticate_pooled(self, role: Optional[roles.Role], user: str) -> None:
        assert self._link is not None
        self._attempt.password_kind = "scram"
        if not await scram.exchange(self._link, role.verifier if role is not None else None):
            raise refusals.pooler_rejects(self._gateway.pooler_failed(user))

    async def _look_up(self, user: str) -> Optional[roles.Role]:
        try:
            return await roles.look_up(self._gateway.catalog, user)
        except QueryFailed as error:
            raise Malformed(str(error)) from error

    async def _attach(self, first: Startup) -> None:
        """PostgreSQL takes over: its own start-up messages, then everything in both directions."""
        assert self._link is not None
        backend = await self._gateway.connect()
        backend.write(first.packet)
        kind = b""
        while kind not in (b"Z", b"E"):
            kind, body = await backend.read_message(1 << 20)
            self._link.write(kind + (len(body) + 4).to_bytes(4, "big") + body)
        if kind == b"E":
            fields = startup.error_fields(body)
            self._world.records.finish(self._attempt, "postgres-error", fields.get("C", ""), fields.get("M", ""))
        else:
            self._world.records.finish(self._attempt, "ok")
        Link.join(self._link, backend)

    async def _send(self, packet: bytes) -> None:
        """The last word before the connection is closed."""
        if self._link is not None:
            self._link.write(packet)
        else:
            try:
                await asyncio.get_running_loop().sock_sendall(self._socket, packet)
            except OSError:
                pass
        self._close()

    def _close(self, reset: bool = False) -> None:
        if self._link is None:
            if reset:
                reset_on_close(self._socket)
            self._socket.close()
        elif reset:
            self._link.reset()
        else:
            self._link.close()
