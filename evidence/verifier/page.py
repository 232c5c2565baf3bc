"""``verifier.html``: the browser's verifier as one file, put together from its parts.

It does the steps of ``evidence.verify`` and of ``verify.sh`` and says the same codes, without a
network and from ``file://``. Roots and keys come from a trust list that its user gives.
"""

import base64
import hashlib
import json
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


@lru_cache(maxsize=1)
def html() -> bytes:
    """The page. The same bytes for the same release; its policy allows its own script and style alone."""
    words = {"steps": titles(), "codes": {code: asdict(found) for code, found in codes().items()}}
    style = (FOLDER / "page.css").read_text("utf-8")
    whole = script() + (FOLDER / PAGE_SCRIPT).read_text("utf-8")
    # "<" is escaped in the words: they stand inside a script element.
    told = json.dumps(words, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    page = (FOLDER / "page.html").read_text("utf-8")
    for mark, text in (
        ("@SCRIPT_HASH@", _hash(whole)),
        ("@STYLE_HASH@", _hash(style)),
        ("@STYLE@", style),
        ("@WORDS@", told),
        ("@SCRIPT@", whole),
    ):
        page = page.replace(mark, text, 1)
    return page.encode()
