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
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from crawlers.capture.browser import BrowserFacts
from kernel.clock import CHINA, iso, monotonic, now
from kernel.config import ROOT
from kernel.crypto import sha256_hex

_PACKAGES = ("playwright", "isal", "cryptography", "pydantic")
_CLOCK_ERROR = 5  # TIME_ERROR of adjtimex(2): the kernel clock is not synchronised


class Environment:
    """Facts of the machine that hold for the life of a worker, and a fresh reading for each capture."""

    def __init__(self) -> None:
        self.commit = code_commit()
        self._software = {name: version(name) for name in _PACKAGES}

    def software(self) -> str:
        """Name and version for warcinfo and WACZ."""
        return f"Wangjian capture {self.commit[:12] or 'unknown'}"

    def reading(
        self, browser: BrowserFacts, proxy_url: str, clock: list[dict[str, object]], *, accept_bad_tls: bool
    ) -> dict[str, object]:
        """The content of ``data/env/clean.json``.

        Args:
            browser: the running browser. proxy_url: of this capture's egress proxy.
            clock: samples taken at the start and the end.
            accept_bad_tls: whether this capture was ordered to go on in spite of certificate errors.
        """
        return {
            "proxy": {
                "environment": sorted(name for name in os.environ if name.lower().endswith("_proxy")),
                "environment_used": False,
                "browser": proxy_url,
                "note": "own egress proxy in the same process; passes bytes unchanged, ends no TLS",
            },
            "hosts_file": _text_file("/etc/hosts"),
            "resolver_file": _text_file("/etc/resolv.conf"),
            "routes": _text_file("/proc/net/route"),
            "profile": {
                "fresh": True,
                "history": 0,
                "cookies_before": 0,
                "extensions": [],
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
            "code": {"commit": self.commit or "NOT_CHECKED", "packages": self._software},
            "machine": {
                "host": socket.gethostname(),
                "system": platform.platform(),
                "python": platform.python_version(),
                "user_is_root": os.geteuid() == 0,
            },
            "clock": {"samples": clock, "ntp": _ntp_state()},
        }


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


def _ntp_state() -> dict[str, object]:
    """What the kernel says of its clock; no time server is asked from here."""
    buffer = (ctypes.c_long * 64)()  # struct timex with modes 0: read only
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(buffer))
    except (OSError, AttributeError):
        state = -1
    if state < 0:
        return {"state": "NOT_CHECKED", "reason": "the kernel does not tell its clock state"}
    told = {"kernel_max_error_us": int(buffer[3]), "kernel_estimated_error_us": int(buffer[4])}
    if state == _CLOCK_ERROR:
        return {
            "state": "NOT_CHECKED",
            "reason": "no time server was asked; the kernel clock is not synchronised",
            **told,
        }
    return {"state": "KERNEL_SYNCHRONISED", "reason": "as the kernel says; no time server was asked from here", **told}
