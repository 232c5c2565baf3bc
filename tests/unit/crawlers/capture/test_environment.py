"""The machine's own check."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.capture.browser import BrowserFacts
from crawlers.capture.environment import Environment, clock_sample, code_commit
from crawlers.capture.roots import Roots
from kernel.crypto import canonical_json

FACTS = BrowserFacts("/usr/bin/chromium", "156.0", "", "", ("--x",), sandbox=False, roots=Roots("f.pem", ("00",)))


def test_reading_says_what_was_and_was_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts, resolver, routes, clock and browser are there; what is unknown is NOT_CHECKED."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    clock = [clock_sample("start", datetime(2026, 11, 25, tzinfo=UTC))]
    found = Environment().reading(FACTS, "socks5://127.0.0.1:1", clock, accept_bad_tls=True)
    canonical_json(found)
    assert found["proxy"]["environment"] == ["HTTPS_PROXY"]  # type: ignore[index]
    assert len(found["hosts_file"]["sha256"]) == 64  # type: ignore[index]
    assert found["browser"]["executable_sha256"] == "NOT_CHECKED"  # type: ignore[index]
    assert found["browser"]["certificate_errors_ignored"] is True  # type: ignore[index]
    assert found["browser"]["extra_roots"] == {"file": "f.pem", "sha256": ["00"]}  # type: ignore[index]
    assert found["clock"]["ntp"]["state"] in {"NOT_CHECKED", "KERNEL_SYNCHRONISED"}  # type: ignore[index]
    assert found["clock"]["samples"] == clock  # type: ignore[index]


def test_unreadable_files_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read is told as not checked."""

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = Environment().reading(FACTS, "", [], accept_bad_tls=False)
    assert found["hosts_file"]["state"] == "NOT_CHECKED"  # type: ignore[index]


def test_commit_is_read_or_empty(tmp_path: Path) -> None:
    """The commit of the code, or nothing where there is no repository."""
    assert len(code_commit().partition("+")[0]) == 40
    assert code_commit(tmp_path) == ""
