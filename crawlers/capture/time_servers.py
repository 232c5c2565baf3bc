"""The clock against several time servers.

At least three must answer and agree; else the clock counts as not checked, with the reason. Servers are reached by the
rules of the way out: the settings name them, their addresses must be public ones or opened by a rule.

Spec: RFC 4330 (SNTP version 4), client over unicast.
"""

import secrets
import socket
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from crawlers.egress.dns import dns_lookup
from crawlers.egress.policy import Policy, Refusal, Resolver
from kernel.clock import iso, monotonic, now

PORT = 123
TIMEOUT_S = 1.5
LEAST = 3
AGREE_US = 1_000_000
KEEP_S = 60.0
_EPOCH = 2_208_988_800  # seconds from 1900, where NTP counts from, to 1970
_MODE_CLIENT, _MODE_SERVER = 0x23, 4


class TimeServers:
    """Asks the servers of the settings, at most once in ``KEEP_S`` seconds.

    Args:
        servers: ``name`` or ``name:port``. policy: who may be reached. resolver: asks for names.
    """

    def __init__(self, servers: Sequence[str], policy: Policy, resolver: Resolver = dns_lookup) -> None:
        self._servers = tuple(servers)
        self._policy = policy
        self._resolver = resolver
        self._found: dict[str, object] = {}
        self._at = 0.0

    def reading(self) -> dict[str, object]:
        """What the servers say of our clock. Blocks, at most about ``TIMEOUT_S`` and the time to resolve names.

        Returns:
            ``state`` CHECKED or NOT_CHECKED, ``reason``, ``offset_us`` (theirs minus ours, median), ``samples``.
        """
        if not self._servers:
            return {"state": "NOT_CHECKED", "reason": "no time server is set (WANGJIAN_NTP_SERVERS)", "samples": []}
        if not self._found or monotonic() - self._at > KEEP_S:
            with ThreadPoolExecutor(len(self._servers)) as pool:
                samples = list(pool.map(self._sample, self._servers))
            self._found, self._at = judge(samples), monotonic()
        return self._found

    def _sample(self, server: str) -> dict[str, object]:
        """One answer, or why there is none."""
        told: dict[str, object] = {"server": server, "at": iso(now())}
        name, _, text = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
        try:
            port = int(text or PORT)
            address = self._address(name, port)
            return {**told, "address": address, **ask(address, port)}
        except (OSError, ValueError) as error:
            return {**told, "error": f"{type(error).__name__}: {error}"[:200]}

    def _address(self, name: str, port: int) -> str:
        verdict = self._policy.lookup(name, port, self._resolver).verdict
        if isinstance(verdict, Refusal) and verdict.reason == "port" and port == PORT:
            # The settings name the server and this port; what remains to be judged is its address.
            verdict = self._policy.lookup(name, 443, self._resolver).verdict
        if isinstance(verdict, Refusal):
            raise ValueError(verdict.message)
        return verdict.address


def ask(address: str, port: int) -> dict[str, object]:
    """One exchange with a time server.

    Returns:
        ``offset_us`` (theirs minus ours), ``round_trip_us``, ``stratum``, ``reference``.

    Raises:
        OSError: no answer in time. ValueError: not an answer to our question, or of a clock that is not set.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    mark = secrets.token_bytes(8)  # stands for our time: tells nothing of us and cannot be guessed
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.settimeout(TIMEOUT_S)
        channel.connect((address, port))
        sent_at, began = now(), monotonic()
        channel.send(bytes((_MODE_CLIENT,)) + bytes(39) + mark)
        answer = channel.recv(512)
        trip_us = round((monotonic() - began) * 1_000_000)
    received_us, transmitted_us, stratum, reference = read_answer(answer, mark)
    ours_us = round(sent_at.timestamp() * 1_000_000)
    offset = ((received_us - ours_us) + (transmitted_us - ours_us - trip_us)) // 2
    return {"offset_us": offset, "round_trip_us": trip_us, "stratum": stratum, "reference": reference}


def read_answer(answer: bytes, mark: bytes) -> tuple[int, int, int, str]:
    """Receive and transmit time (microseconds since 1970), stratum and reference (hex) of an answer.

    Raises:
        ValueError: not an answer to the question with this mark, or of a clock that is not set.
    """
    if len(answer) < 48 or answer[0] & 7 != _MODE_SERVER or answer[24:32] != mark:
        raise ValueError("expected an answer to our question, got something else")
    stratum = answer[1]
    if answer[0] >> 6 == 3 or not 1 <= stratum <= 15:
        raise ValueError(f"expected a server with a set clock, got stratum {stratum}")
    received, transmitted = (_microseconds(answer[place : place + 8]) for place in (32, 40))
    return received, transmitted, stratum, answer[12:16].hex()


def _microseconds(stamp: bytes) -> int:
    seconds, fraction = struct.unpack(">2I", stamp)
    era = 0 if seconds & 0x8000_0000 else 1 << 32  # RFC 4330 section 3: from 2036 on the count begins anew
    return int(seconds + era - _EPOCH) * 1_000_000 + int(fraction * 1_000_000 >> 32)


def judge(samples: Sequence[dict[str, object]]) -> dict[str, object]:
    """The verdict on samples: the largest group of offsets within ``AGREE_US`` must have ``LEAST`` members."""
    offsets = sorted(int(str(sample["offset_us"])) for sample in samples if "offset_us" in sample)
    groups = [[other for other in offsets if 0 <= other - low <= AGREE_US] for low in offsets]
    best = max(groups, key=len, default=[])
    listed = list(samples)
    if len(best) < LEAST:
        reason = f"expected {LEAST} time servers that agree within 1 s, got {len(best)} of {len(listed)}"
        return {"state": "NOT_CHECKED", "reason": reason, "samples": listed}
    return {
        "state": "CHECKED",
        "reason": f"{len(best)} of {len(listed)} time servers agree within 1 s",
        "offset_us": round(median(best)),
        "agreeing": len(best),
        "samples": listed,
    }
