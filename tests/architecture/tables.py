"""Reading our documents: tables, code spans, links."""

import re
from pathlib import Path

from tests.architecture.sources import ROOT

SPAN = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```(?:sh)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
ANY_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CELL = re.compile(r"(?<!\\)\|")


def documents() -> list[Path]:
    """Every document that people read, relative to the root."""
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT) for path in found]


def text_of(path: Path | str) -> str:
    """The text of a document."""
    return (ROOT / path).read_text(encoding="utf-8")


def rows(path: Path | str, heading: str = "") -> list[tuple[str, ...]]:
    """Cells of every table row below a heading (or of all tables), without head and rule lines.

    Args:
        heading: the start of a heading line; the part ends at the next heading of the same depth.
    """
    found: list[tuple[str, ...]] = []
    lines = _part(text_of(path), heading).splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and not line.startswith("|--") and not after.startswith("|--"):
            found.append(tuple(cell.strip() for cell in CELL.split(line)[1:-1]))
    return found


def _part(text: str, heading: str) -> str:
    if not heading:
        return text
    depth = len(heading) - len(heading.lstrip("#"))
    start = text.index(f"\n{heading}")
    following = re.search(rf"\n#{{1,{depth}}} ", text[start + 1 :])
    return text[start : start + 1 + following.start()] if following else text[start:]


def spans(text: str) -> list[str]:
    """What stands between backticks."""
    return SPAN.findall(ANY_BLOCK.sub("", text))


def plain(cell: str) -> str:
    """A cell without its backticks."""
    return cell.replace("`", "").replace("\\|", "|")


def commands() -> list[tuple[Path, str]]:
    """Every command line of ours that a document shows: document and line."""
    found = []
    for path in documents():
        text = text_of(path)
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()] + spans(text)
        found += [(path, line.strip()) for line in lines if re.match(r"\s*(\./)?(wangjian|make) \S", line)]
    return found


def links() -> list[tuple[Path, str]]:
    """Every relative link: document and target."""
    found = []
    for path in documents():
        targets = LINK.findall(ANY_BLOCK.sub("", text_of(path)))
        found += [(path, target) for target in targets if not re.match(r"[a-z]+:", target)]
    return found
