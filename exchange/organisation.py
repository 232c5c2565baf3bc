"""Organisations by their codes: 总局 ``000000``, 市局 and 分局 six digits of GB/T 2260, 所 eight.

The tree is in the codes themselves; names are for people and come from ``organisations.yml``.
"""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from exchange.errors import RecipientError

ROOT_CODE = "000000"
FORM = re.compile(r"[0-9]{6}|[0-9]{8}|[A-Z][0-9A-Z-]{2,19}")
_STATION = re.compile(r"[0-9]{8}")
_AREA = re.compile(r"[0-9]{6}")


def check_code(code: str) -> str:
    """The code itself.

    Raises:
        RecipientError: not of the form.
    """
    if not FORM.fullmatch(code):
        raise RecipientError(f"expected an organisation code (000000, 310115, 31011501), got {code[:40]!r}")
    return code


def level(code: str) -> int:
    """1 总局, 2 省级市局, 3 分局, 4 所; 0 for organisations outside the tree (departments, platforms)."""
    if code == ROOT_CODE:
        return 1
    if _STATION.fullmatch(code):
        return 4
    if not _AREA.fullmatch(code):
        return 0
    return 2 if code.endswith("0000") else 3


def parent(code: str) -> str:
    """The organisation above, or empty at the top and outside the tree."""
    rank = level(code)
    if rank == 4:
        return code[:6]
    if rank == 3:
        city = code[:4] + "00"
        return city if city not in {code, code[:2] + "0000"} and not _is_municipality(code) else code[:2] + "0000"
    return ROOT_CODE if rank == 2 else ""


def _is_municipality(code: str) -> bool:
    """北京 天津 上海 重庆: districts lie directly below the municipality. Spec: GB/T 2260."""
    return code[:2] in {"11", "12", "31", "50"}


def ancestors(code: str) -> tuple[str, ...]:
    """Those above, nearest first."""
    found: list[str] = []
    above = parent(code)
    while above:
        found.append(above)
        above = parent(above)
    return tuple(found)


def common_superior(left: str, right: str) -> str:
    """The lowest organisation above both: it decides where two do not agree.

    Spec: PROC 13, 16 (共同的上一级市场监督管理部门指定管辖).
    """
    ups = (right, *ancestors(right))
    return next((one for one in (left, *ancestors(left)) if one in ups and one not in {left, right}), ROOT_CODE)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    path = Path(__file__).with_name("organisations.yml")
    return {str(code): str(name) for code, name in yaml.safe_load(path.read_text("utf-8"))["names"].items()}


def name_of(code: str) -> str:
    """What people call it; the code where no name is known."""
    found = _names().get(code)
    if found is None and level(code) == 4 and code[:6] in _names():
        return f"{_names()[code[:6]]} {code[6:]}所"
    return found or code
