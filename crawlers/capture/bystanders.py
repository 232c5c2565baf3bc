"""Programs and settings that could stand between site and record, looked for by name (part of 清洁性检查).

What was looked for is written down with what was found, so that "nothing found" says what it means. Only what this
user may see of other processes is seen; that too is written down.
"""

import os
from pathlib import Path

INTERCEPTORS = (
    "bettercap", "burp", "burpsuite", "charles", "clash", "ettercap", "fiddler", "frida-server", "hysteria", "mihomo",
    "mitmdump", "mitmproxy", "mitmweb", "polipo", "privoxy", "proxychains", "proxychains4", "redsocks", "shadowsocks",
    "sing-box", "squid", "ss-local", "sslsplit", "tinyproxy", "tor", "trojan", "v2ray", "xray",
)  # fmt: skip
DEBUGGERS = ("bpftrace", "gdb", "gdbserver", "lldb", "ltrace", "perf", "rr", "strace")
VARIABLES = ("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "SSLKEYLOGFILE", "PYTHONSTARTUP", "NODE_OPTIONS")


def bystanders(proc: Path = Path("/proc")) -> dict[str, object]:
    """Processes of those names, whoever traces us, and variables that load foreign code.

    Args:
        proc: the process file system.
    """
    looked_for = frozenset((*INTERCEPTORS, *DEBUGGERS))
    found, seen, unreadable = [], 0, 0
    try:
        numbers = sorted((entry for entry in proc.iterdir() if entry.name.isdigit()), key=lambda entry: int(entry.name))
    except OSError as error:
        return {"state": "NOT_CHECKED", "reason": error.strerror or "unreadable"}
    for entry in numbers:
        try:
            names = _names(entry)
        except OSError:
            unreadable += 1  # it ended meanwhile, or belongs to somebody who hides it
            continue
        seen += 1
        if hit := sorted(names & looked_for):
            found.append({"pid": int(entry.name), "name": hit[0]})
    return {
        "state": "CHECKED",
        "processes_seen": seen,
        "processes_unreadable": unreadable,
        "looked_for": sorted(looked_for),
        "found": found,
        "traced_by_pid": _tracer(proc / "self" / "status"),
        "variables": sorted(name for name in VARIABLES if os.environ.get(name)),
        "variables_looked_for": list(VARIABLES),
    }


def _names(entry: Path) -> set[str]:
    """Names a process goes by: the kernel's, and those of its program and script."""
    command = (entry / "cmdline").read_bytes().split(b"\0")[:2]
    names = {(entry / "comm").read_text("utf-8", "replace").strip()}
    names.update(part.rpartition(b"/")[2].decode("utf-8", "replace") for part in command)
    return {name.lower() for name in names if name}


def _tracer(status: Path) -> object:
    try:
        for line in status.read_text().splitlines():
            if line.startswith("TracerPid:"):
                return int(line.partition(":")[2])
    except (OSError, ValueError):
        pass
    return "NOT_CHECKED"
