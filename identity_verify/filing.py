"""ICP and public-security filings shown on a page: read as signals, never as proof.

Spec: 互联网信息服务管理办法 第12条 (the number is shown on the home page).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from identity_verify.division import abbreviations

_PROVINCES = "".join(abbreviations())
_ICP = re.compile(
    rf"(?P<province>[{_PROVINCES}])ICP备(?P<number>\d{{8}}(?:\d{{2}})?)号(?:-(?P<site>\d+)(?P<mark>[AX]?))?"
)
_LICENCE = re.compile(
    rf"(?P<province>[{_PROVINCES}])(?:ICP证(?P<icp>\d{{6,8}})号?|(?P<class>B[12])-(?P<number>\d{{8}}))"
)
_POLICE = re.compile(rf"(?P<province>[{_PROVINCES}])公网安备(?P<number>\d{{11,14}})号?")
_SPACES = re.compile(r"\s+")

_FORMS = {
    "icp-filing": "{sign}ICP备{number}号",
    "icp-licence": "{sign}ICP证{number}号",
    "police-filing": "{sign}公网安备{number}号",
}
FilingKind = Literal["icp-filing", "icp-licence", "police-filing"]


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing.

    Attributes:
        kind: 备案, 许可 or 公安备案; a licence to provide telecom services is no filing.
        province: two digits. number: digits only. site: number of the site under the subject, or empty.
        medium: ``site``, ``app`` (suffix A) or ``mini-program`` (suffix X). M: suffixes from memory.
        division: GB/T 2260 code inside a public-security number of 14 digits, or empty.
    """

    kind: FilingKind
    province: str
    number: str
    site: str = ""
    medium: str = "site"
    division: str = ""

    @property
    def subject_key(self) -> str:
        """What all sites of one subject share: kind, province, number."""
        return f"{self.kind}:{self.province}:{self.number}"


def read_filing(shown: str) -> Filing | None:
    """Read one filing from a shown text; None when it has not the form of any.

    A police number of 14 digits begins with a division of its own; older ones have 11 to 13 digits.
    """
    text = _SPACES.sub("", unicodedata.normalize("NFKC", shown)).upper()
    if found := _ICP.search(text):
        medium = {"A": "app", "X": "mini-program"}.get(found["mark"] or "", "site")
        return Filing("icp-filing", abbreviations()[found["province"]], found["number"], found["site"] or "", medium)
    if found := _LICENCE.search(text):
        number = found["icp"] or f"{found['class']}-{found['number']}"
        return Filing("icp-licence", abbreviations()[found["province"]], number)
    if found := _POLICE.search(text):
        number = found["number"]
        division = number[:6] if len(number) == 14 else ""
        return Filing("police-filing", abbreviations()[found["province"]], number, division=division)
    return None


def written(key: str) -> str:
    """A subject key as it stands on pages (沪ICP备00000101号); as it is where it is the key of no filing."""
    kind, _, rest = key.partition(":")
    province, _, number = rest.partition(":")
    form = _FORMS.get(kind)
    sign = next((name for name, code in abbreviations().items() if code == province), "")
    if form is None or not sign or not number:
        return key
    return f"{sign}{number}" if number.startswith(("B1-", "B2-")) else form.format(sign=sign, number=number)


def contradicts(filing: Filing) -> str:
    """A stable word for what contradicts itself inside a filing, or empty.

    ``province``: the division inside a public-security number lies in another province than its sign says.
    """
    return "province" if filing.division and filing.division[:2] != filing.province else ""
