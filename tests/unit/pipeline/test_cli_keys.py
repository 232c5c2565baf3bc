"""Commands about signing keys."""

import re

import pytest

from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


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
