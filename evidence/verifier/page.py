"""``verifier.html``: the browser's verifier as one file, put together from its parts.

It does the steps of ``evidence.verify`` and of ``verify.sh`` and says the same codes, without a
network and from ``file://``. Roots and keys come from a trust list that its user gives.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from evidence.verdict import codes, titles

FOLDER = Path(__file__).parent
SCRIPTS = (
    "bytes.js",
    "digest.js",
    "der.js",
    "certificate.js",
    "signature.js",
    "note.js",
    "container.js",
    "records.js",
    "report.js",
    "trust.js",
    "steps.js",
    "later.js",
)
PAGE_SCRIPT = "page.js"


def script() -> str:
    """The verifier itself, without the page: defines ``loadTrust`` and ``verifyPackage``."""
    return '"use strict";\n' + "".join((FOLDER / name).read_text("utf-8") for name in SCRIPTS)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _parts() -> tuple[str, str]:
    """The style and the whole script."""
    whole = script() + (FOLDER / PAGE_SCRIPT).read_text("utf-8")
    return (FOLDER / "page.css").read_text("utf-8"), whole


@lru_cache(maxsize=1)
def policy() -> str:
    """The page's Content-Security-Policy: its own script and style, and nothing else. Spec: W3C CSP Level 3."""
    style, whole = _parts()
    return (
        f"default-src 'none'; script-src 'sha256-{_hash(whole)}'; style-src 'sha256-{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(value: object) -> str:
    # "<" is escaped: the text stands inside a script element.
    return json.dumps(value, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


@lru_cache(maxsize=4)
def _html(published: str) -> bytes:
    style, whole = _parts()
    words = {"steps": titles(), "codes": {code: asdict(found) for code, found in codes().items()}}
    page = (FOLDER / "page.html").read_text("utf-8")
    for mark, text in (
        ("@POLICY@", policy()),
        ("@STYLE@", style),
        ("@WORDS@", _data(words)),
        ("@PUBLISHED@", published),
        ("@SCRIPT@", whole),
    ):
        page = page.replace(mark, text, 1)
    return page.encode()


def html(published: Mapping[str, str] | None = None) -> bytes:
    """The page. The same bytes for the same release; its policy allows its own script and style alone.

    Args:
        published: the files of a trust list that this site publishes, name to text; offered to its reader
            as the site's own. None in a package: roots never come from there.
    """
    return _html(_data(dict(published or {})))
