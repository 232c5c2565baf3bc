"""The command line of the crawl process."""

import logging

import pytest

from crawlers.run import _ids, _is_ours, main


@pytest.mark.parametrize(
    "arguments", [[], ["--job", "j"], ["--job", "j", "--visits", "1,x"], ["--job", "j", "--visits", ""]]
)
def test_a_wrong_command_line_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It says what was expected."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "--visits" in capsys.readouterr().err


def test_ids_and_lines() -> None:
    """Numbers with commas; of Scrapy only errors are written."""
    assert _ids("1,22") == "1,22"
    lines = [("scrapy.core", logging.INFO), ("scrapy.core", logging.ERROR), ("wangjian.crawl", logging.INFO)]
    records = [logging.LogRecord(name, level, "", 0, "", None, None) for name, level in lines]
    assert [_is_ours(record) for record in records] == [False, True, True]
