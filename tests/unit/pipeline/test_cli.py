"""The command line as a whole."""

import json
import logging
import signal

import pytest

from kernel.errors import QueueUnavailableError
from pipeline import cli, cli_keep
from pipeline.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, main


@pytest.mark.parametrize(
    "words", [[], ["nothing"], ["verify"], ["user", "add", "li"], ["capture", "http://a.example.test/"]]
)
def test_wrong_usage_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And says how it is used."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == EXIT_USAGE
    assert "usage: wangjian" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            QueueUnavailableError("expected Redis, got nothing", hint="Start it."),
            EXIT_FAILED,
            "kernel.queue_unavailable",
        ),
        (KeyboardInterrupt(), EXIT_INTERRUPTED, "已中断"),
    ],
)
def test_what_goes_wrong_is_said_with_its_code(
    error: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with the next step, and without a traceback."""

    def fail(*_arguments: object) -> int:
        raise error

    monkeypatch.setattr(cli, "settings", fail)
    assert main(["audit"]) == status
    said_there = capsys.readouterr().err
    assert said in said_there
    assert "Traceback" not in said_there


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The variable's field stands in the message."""
    monkeypatch.setenv("WANGJIAN_HOST_CONCURRENCY", "0")
    assert main(["audit"]) == EXIT_USAGE
    assert "host_concurrency" in capsys.readouterr().err


def test_sigterm_ends_a_command_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that children are ended too."""

    def struck(*_arguments: object) -> int:
        signal.raise_signal(signal.SIGTERM)
        return 0

    monkeypatch.setattr(cli_keep, "open_database", struck)
    assert main(["audit"]) == EXIT_INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_log_lines_are_json_where_the_setting_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results stay on standard output, the log on standard error."""
    monkeypatch.setenv("WANGJIAN_LOG_JSON", "true")
    assert main(["audit"]) == 0
    logging.getLogger("wangjian.test").info("a line")
    heard = capsys.readouterr()
    assert "审计 audit: 0" in heard.out
    assert json.loads(heard.err.splitlines()[-1])["message"] == "a line"
