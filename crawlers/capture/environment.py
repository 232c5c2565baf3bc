"""The state of the machine at the capture, checked by the machine (清洁性检查).

Each check says what was found; what could not be checked says so and never counts as passed.

Spec: 可信时间戳互联网电子数据取证及固化保全操作指引 (2017.7), 清洁性检查; 互联网法院规定 (2018) 第11条(1).
"""

import ctypes
import os
import platform
import shutil
import socket
import subprocess
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import tzname

from crawlers.capture.browser import BrowserFacts
from crawlers.capture.bystanders import bystanders
from kernel.clock import CHINA, iso, monotonic, now
from kernel.config import ROOT
from kernel.crypto import sha256_hex

_PACKAGES = ("playwright", "isal", "cryptography", "pydantic")
CODE = ("crawlers", "evidence", "kernel")
_CLOCK_ERROR = 5  # TIME_ERROR of adjtimex(2): the kernel clock is not synchronised


@dataclass(frozen=True, slots=True)
class Profile:
    """What was found in a new browser profile before the first page.

    Attributes:
        cookies: their number. pages: addresses of other pages open in it. extensions: targets of extensions.
    """

    cookies: int
    pages: tuple[str, ...]
    extensions: tuple[str, ...]


class Environment:
    """Facts of the machine that hold for the life of a worker, and a fresh reading for each capture."""

    def __init__(self) -> None:
        self.commit = code_commit()
        self.code_sha256, self._code_files = code_digest()
        self._software = {name: version(name) for name in _PACKAGES}

    def software(self) -> str:
        """Name and version for warcinfo and WACZ."""
        return f"Wangjian capture {self.commit[:12] or 'unknown'}"

    def reading(
        self, browser: BrowserFacts, proxy_url: str, profile: Profile, *, accept_bad_tls: bool
    ) -> dict[str, object]:
        """The content of ``data/env/clean.json`` but for the clock, which is read at the end too.

        Args:
            browser: the running browser. proxy_url: of this capture's egress proxy.
            profile: what was found in the new profile.
            accept_bad_tls: whether this capture was ordered to go on in spite of certificate errors.
        """
        return {
            "proxy": {
                "environment": sorted(name for name in os.environ if name.lower().endswith("_proxy")),
                "environment_used": False,
                "browser": proxy_url,
                "note": "own egress proxy in the same process; passes bytes unchanged, ends no TLS",
            },
            "hosts_file": hosts_file(),
            "resolver_file": _text_file("/etc/resolv.conf"),
            "routes": {"ipv4": _text_file("/proc/net/route"), "ipv6": _text_file("/proc/net/ipv6_route")},
            "processes": bystanders(),
            "profile": {
                "fresh": not (profile.cookies or profile.pages or profile.extensions),
                "kind": "new browser context without a folder; it ends with the capture",
                "cookies_before": profile.cookies,
                "other_pages_before": list(profile.pages),
                "extensions": list(profile.extensions),
                "service_workers": "blocked",
            },
            "browser": {
                "path": browser.path,
                "version": browser.version,
                "executable": browser.executable or "NOT_CHECKED",
                "executable_sha256": browser.sha256 or "NOT_CHECKED",
                "arguments": list(browser.arguments),
                "sandbox": browser.sandbox,
                "certificate_errors_ignored": accept_bad_tls,
                "extra_roots": {"file": browser.roots.file, "sha256": list(browser.roots.sha256)},
            },
            "code": {
                "commit": self.commit or "NOT_CHECKED",
                "sha256": self.code_sha256,
                "sha256_of": f"sha256sum lines of {self._code_files} Python files of crawlers, evidence and kernel",
                "packages": self._software,
            },
            "machine": {
                "host": socket.gethostname(),
                "system": platform.platform(),
                "python": platform.python_version(),
                "user_is_root": os.geteuid() == 0,
            },
        }


def clock_reading(samples: list[dict[str, object]], servers: dict[str, object]) -> dict[str, object]:
    """The clock's part of ``data/env/clean.json``.

    Args:
        samples: taken at the start and the end. servers: what time servers say.
    """
    return {
        "samples": samples,
        "timezone": list(tzname),
        "ntp": servers,
        "kernel": _kernel_clock(),
    }


def hosts_file(path: str = "/etc/hosts") -> dict[str, object]:
    """The hosts file: digest, entries, and of these the ones that could lead a site elsewhere.

    Names of this machine and of the loopback do not matter; every other line does.
    """
    told = _text_file(path)
    entries = told.get("entries")
    if not isinstance(entries, list):
        return told
    own = {"localhost", "localhost.localdomain", "broadcasthost", socket.gethostname().lower()}
    matters = []
    for line in entries:
        names = {name.lower() for name in str(line).partition("#")[0].split()[1:]}
        if any(name not in own and not name.startswith(("ip6-", "localhost")) for name in names):
            matters.append(line)
    return {**told, "entries_that_matter": matters}


def code_digest(root: Path = ROOT) -> tuple[str, int]:
    """SHA-256 (hex) over the ``sha256sum`` lines of the running code, sorted by name, and the number of files."""
    names = sorted(path for part in CODE for path in (root / part).rglob("*.py"))
    lines = [f"{sha256_hex(path.read_bytes())}  {path.relative_to(root).as_posix()}\n" for path in names]
    return sha256_hex("".join(lines).encode()), len(names)


def clock_sample(label: str, at: datetime) -> dict[str, object]:
    """One reading of wall clock and monotonic clock (microseconds), so that a step between two shows."""
    return {
        "label": label,
        "utc": iso(at),
        "local": at.astimezone(CHINA).isoformat(),
        "monotonic_us": int(monotonic() * 1_000_000),
        "read_at": iso(now()),
    }


def code_commit(root: Path = ROOT) -> str:
    """Commit of the running code with ``+changed`` where files differ from it; empty where unknown."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+changed" if _git(root, "status", "--porcelain", "--", "crawlers", "kernel") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    command = [shutil.which("git") or "git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=10)
    return done.stdout.strip()


def _text_file(path: str) -> dict[str, object]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return {"path": path, "state": "NOT_CHECKED", "reason": error.strerror or "unreadable"}
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    entries = [line for line in lines if line and not line.startswith("#")]
    return {"path": path, "sha256": sha256_hex(data), "entries": entries}


def _kernel_clock() -> dict[str, object]:
    """What the kernel says of its clock."""
    buffer = (ctypes.c_long * 64)()  # struct timex with modes 0: read only
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(buffer))
    except (OSError, AttributeError):
        state = -1
    if state < 0:
        return {"state": "NOT_CHECKED", "reason": "the kernel does not tell its clock state"}
    told = {"kernel_max_error_us": int(buffer[3]), "kernel_estimated_error_us": int(buffer[4])}
    if state == _CLOCK_ERROR:
        return {"state": "NOT_CHECKED", "reason": "the kernel clock is not synchronised", **told}
    return {"state": "KERNEL_SYNCHRONISED", "reason": "as the kernel says", **told}
