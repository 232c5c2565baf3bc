"""Command ``evidence renew``."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self
from unittest.mock import patch

import pytest

from pipeline import cli_renew
from pipeline.commands import action_of, command_line


def test_each_new_version_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The named ones go on as they stand on the line."""
    asked: list[list[str]] = []

    def renewed(_desk: object, *, actor: str, at: datetime, only: list[str]) -> Iterator[tuple[str, str]]:
        assert (actor, at.tzinfo is not None) == ("system:cli", True)
        asked.append(only)
        yield from ((name, "a" * 64) for name in only)

    class NoStack:
        def __init__(self, config: Any) -> None:
            self.config = config

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def start_stand_ins(self, names: tuple[str, ...]) -> None:
            """None to start."""
            assert names == ("timestamps",)

    options = command_line().parse_args(["evidence", "renew", "ev-a"])
    with patch.object(cli_renew, "Stack", NoStack), patch.object(cli_renew, "renew_stored", renewed):
        assert action_of(options)(options) == 0
    assert asked == [["ev-a"]]
    assert capsys.readouterr().out == f"ev-a  {'a' * 64}\n续期 renewed 1\n"
