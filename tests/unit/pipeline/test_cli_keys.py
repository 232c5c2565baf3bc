"""Commands about signing keys."""

import argparse
import re

import pytest

from pipeline import cli_keys
from pipeline.errors import UsageError


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli_keys.add_commands(parser.add_subparsers(dest="command"))
    options = parser.parse_args(words)
    status: int = options.action(options)
    return status


def test_list_renew_revoke(capsys: pytest.CaptureFixture[str]) -> None:
    """The certificate in use is marked; one that was renewed or taken back stays in the list."""
    assert _run("keys", "list") == 0
    said = capsys.readouterr().out
    assert said.count("使用中 in use") == 3
    assert len(re.findall(r"sha256 [0-9a-f]{64}\n", said)) == 3
    match = re.search(r"^node +([0-9a-f]+) ", said, re.MULTILINE)
    assert match
    assert _run("keys", "renew", "node") == _run("keys", "revoke", "node", match[1], "--reason", "superseded") == 0
    assert _run("keys", "list") == 0
    said = capsys.readouterr().out
    assert f"{match[1]}  至" in said
    assert "撤销 revoked\n" in said
    assert said.count("使用中 in use") == 3


def test_not_a_serial() -> None:
    """Serial numbers are hexadecimal."""
    with pytest.raises(UsageError, match="hex"):
        _run("keys", "revoke", "seal", "xyz")
