"""The browser's verifier as a file: whole, the same each time, asking nothing of anybody."""

import base64
import hashlib
import json
import re

from evidence.verdict import codes, titles
from evidence.verifier import page


def _between(html: str, start: str, end: str) -> str:
    return html.split(start, 1)[1].split(end, 1)[0]


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_policy_allows_its_own_script_and_style_alone() -> None:
    """The hashes in the policy are those of the script and the style, and nothing else is allowed."""
    html = page.html().decode()
    policy = _between(html, 'http-equiv="Content-Security-Policy" content="', '"')
    assert f"script-src 'sha256-{_hash(_between(html, '<script>', '</script>'))}'" in policy
    assert f"style-src 'sha256-{_hash(_between(html, '<style>', '</style>'))}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_nothing_is_fetched() -> None:
    """No address of another file or host, and no way to ask for one."""
    html = page.html().decode()
    assert not re.search(r"\b(?:src|srcset|action)=|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|sendBeacon", html)
    assert not re.search(r"https?://", html)


def test_words_are_those_of_the_other_verifiers() -> None:
    """Every step and code is told in the same sentences."""
    words = json.loads(_between(page.html().decode(), 'id="words">', "</script>"))
    assert set(words["codes"]) == set(codes())
    assert {key: tuple(value) for key, value in words["steps"].items()} == titles()
    assert words["codes"]["E101"]["zh"] == codes()["E101"].zh


def test_script_ends_nowhere_early() -> None:
    """No part holds what would end the script element."""
    assert "</script" not in page.script().lower()


def test_a_package_brings_no_trust() -> None:
    """The page in a package offers no trust list; a site's page offers what it publishes, safely embedded."""
    assert _between(page.html().decode(), 'id="published">', "</script>") == "{}"
    files = {"trust.json": '{"</script><b>": 1}'}
    told = _between(page.html(files).decode(), 'id="published">', "</script>")
    assert json.loads(told) == files
