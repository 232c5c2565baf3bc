"""``verify.sh``: the same verification with a POSIX shell, openssl, coreutils and a POSIX awk.

The script is a fixed text filled with the sentences of ``codes.yml``, so that both verifiers say the
same. It is the same in every package of this version, and may be published apart from them.
"""

from functools import lru_cache
from pathlib import Path

from evidence import verdict

TEMPLATE = Path(__file__).parent / "verify.sh.template"
MARK_WORDS, MARK_TITLES = "#@WORDS@\n", "#@TITLES@\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@lru_cache(maxsize=1)
def script() -> bytes:
    """The script, UTF-8."""
    words = "".join(
        f"        {code}) zh={_quoted(text.zh)} en={_quoted(text.en)}"
        f" nzh={_quoted(text.next_zh)} nen={_quoted(text.next_en)} ;;\n"
        for code, text in verdict.codes().items()
    )
    titles = "".join(
        f"        {key}) tzh={_quoted(zh)} ten={_quoted(en)} ;;\n" for key, (zh, en) in verdict.titles().items()
    )
    template = TEMPLATE.read_text("utf-8")
    return template.replace(MARK_WORDS, words).replace(MARK_TITLES, titles).encode("utf-8")
