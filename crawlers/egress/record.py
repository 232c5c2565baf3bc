"""What the proxy writes down of each connection, and how much it lets through."""

from dataclasses import dataclass
from datetime import datetime

from crawlers.egress.policy import Refusal, Resolution
from crawlers.egress.resolver import Answer
from kernel.clock import iso


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one proxy.

    Attributes:
        max_bytes: bytes received over all connections.
        max_connections: connections opened, refused ones included.
        connect_s: seconds for one TCP connect. idle_s: seconds without a byte before a connection ends.
    """

    max_bytes: int = 200_000_000
    max_connections: int = 2_000
    connect_s: float = 10.0
    idle_s: float = 60.0


@dataclass(slots=True)
class ConnectionRecord:
    """One connection the proxy was asked for.

    Attributes:
        at: when it was asked for. mode: ``socks``, ``connect`` or ``plain``.
        host, port: as judged. answers: all addresses of the answer. resolver: who answered.
        address: the address connected to, empty where none was.
        sent, received: bytes. ended: ``""`` while open, then ``closed``, ``refused``, ``failed``,
            ``idle`` or ``budget``. reason, message: of a refusal or failure.
    """

    at: datetime
    mode: str
    host: str
    port: int
    answers: tuple[Answer, ...] = ()
    resolver: str = ""
    address: str = ""
    opened_by: str = ""
    sent: int = 0
    received: int = 0
    ended: str = ""
    reason: str = ""
    message: str = ""

    def take(self, resolution: Resolution) -> None:
        """Write down what was resolved, and the refusal if it is one."""
        self.host = resolution.verdict.host
        self.answers = resolution.lookup.answers
        self.resolver = resolution.lookup.resolver
        if isinstance(resolution.verdict, Refusal):
            self.refuse(resolution.verdict.reason, resolution.verdict.message)
        else:
            self.opened_by = resolution.verdict.opened_by

    def refuse(self, reason: str, message: str, ended: str = "refused") -> None:
        """Write down why nothing came of it."""
        self.ended, self.reason, self.message = ended, reason, message

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready values; times RFC 3339 UTC, TTL in seconds or null."""
        return {
            "at": iso(self.at),
            "mode": self.mode,
            "host": self.host,
            "port": self.port,
            "answers": [{"address": answer.address, "ttl": answer.ttl} for answer in self.answers],
            "resolver": self.resolver,
            "address": self.address,
            "opened_by": self.opened_by,
            "sent": self.sent,
            "received": self.received,
            "ended": self.ended or "open",
            "reason": self.reason,
            "message": self.message,
        }
