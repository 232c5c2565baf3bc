"""The machine's own check."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.capture.browser import BrowserFacts
from crawlers.capture.environment import (
    Environment,
    Profile,
    clock_reading,
    clock_sample,
    code_commit,
    code_digest,
    hosts_file,
)
from crawlers.capture.roots import Roots
from kernel.crypto import canonical_json

FACTS = BrowserFacts("/usr/bin/chromium", "156.0", "", "", ("--x",), sandbox=False, roots=Roots("f.pem", ("00",)))
CLEAN = Profile(0, (), ())


def test_reading_says_what_was_and_was_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts, resolver, routes, clock and browser are there; what is unknown is NOT_CHECKED."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    clock = [clock_sample("start", datetime(2026, 11, 25, tzinfo=UTC))]
    found = Environment().reading(FACTS, "socks5://127.0.0.1:1", CLEAN, accept_bad_tls=True)
    found["clock"] = clock_reading(clock, {"state": "NOT_CHECKED"})
    canonical_json(found)
    assert found["proxy"]["environment"] == ["HTTPS_PROXY"]  # type: ignore[index]
    assert len(found["hosts_file"]["sha256"]) == 64  # type: ignore[index]
    assert found["browser"]["executable_sha256"] == "NOT_CHECKED"  # type: ignore[index]
    assert found["browser"]["certificate_errors_ignored"] is True  # type: ignore[index]
    assert found["browser"]["extra_roots"] == {"file": "f.pem", "sha256": ["00"]}  # type: ignore[index]
    assert found["clock"]["kernel"]["state"] in {"NOT_CHECKED", "KERNEL_SYNCHRONISED"}  # type: ignore[index]
    assert found["clock"]["ntp"] == {"state": "NOT_CHECKED"}  # type: ignore[index]
    assert found["profile"]["fresh"] is True  # type: ignore[index]
    assert found["processes"]["looked_for"]  # type: ignore[index]
    assert len(found["code"]["sha256"]) == 64  # type: ignore[index]
    assert found["clock"]["samples"] == clock  # type: ignore[index]


def test_a_used_profile_is_not_called_fresh() -> None:
    """Cookies, other pages or extensions before the first page are told."""
    found = Environment().reading(FACTS, "", Profile(1, (), ("chrome-extension://x/",)), accept_bad_tls=False)
    assert found["profile"]["fresh"] is False  # type: ignore[index]
    assert found["profile"]["extensions"] == ["chrome-extension://x/"]  # type: ignore[index]


def test_hosts_lines_that_matter_are_told(tmp_path: Path) -> None:
    """Loopback names do not matter; a name of somebody else does."""
    file = tmp_path / "hosts"
    file.write_text("# comment\n127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n10.0.0.1 shop.example.test # x\n")
    found = hosts_file(str(file))
    assert found["entries_that_matter"] == ["10.0.0.1 shop.example.test # x"]
    assert hosts_file(str(tmp_path / "none"))["state"] == "NOT_CHECKED"


def test_code_digest_changes_with_the_code(tmp_path: Path) -> None:
    """One changed byte in one file changes it; the number of files is told."""
    (tmp_path / "kernel").mkdir()
    file = tmp_path / "kernel" / "a.py"
    file.write_text("a = 1\n")
    first = code_digest(tmp_path)
    file.write_text("a = 2\n")
    assert (first[1], code_digest(tmp_path)[1]) == (1, 1)
    assert first[0] != code_digest(tmp_path)[0]


def test_unreadable_files_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read is told as not checked."""

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    environment = Environment()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = environment.reading(FACTS, "", CLEAN, accept_bad_tls=False)
    assert found["hosts_file"]["state"] == "NOT_CHECKED"  # type: ignore[index]


def test_commit_is_read_or_empty(tmp_path: Path) -> None:
    """The commit of the code, or nothing where there is no repository."""
    assert len(code_commit().partition("+")[0]) == 40
    assert code_commit(tmp_path) == ""
