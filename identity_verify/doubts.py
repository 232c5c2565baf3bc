"""Why a person must look before a badge is issued. Pure.

Who controls a site has not shown to be the firm whose code was entered. So besides the proof of control there must be
something that the merchant cannot write: the firm's ICP filing for this domain, the site in the registry's extract, or
the platform's own page of the shop's licence. Where nothing of the kind is there, an officer compares the papers.

Spec: 网络交易监督管理办法 art 24 (identities are checked and checked again); 电子商务法 art 27.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CATEGORIES = (
    "general", "food", "health-food", "drug", "device", "cosmetics", "education", "finance", "tobacco", "dangerous",
)  # fmt: skip
HIGH_RISK = frozenset({"health-food", "drug", "device", "finance", "tobacco", "dangerous"})
"""Kinds of trade that need a permit of their own: an officer compares it first."""
LINKS = ("icp", "registry", "platform")
WORDS = (
    "name-differs", "name-former", "representative-differs", "representative-unknown", "subject-abnormal",
    "subject-unclear", "high-risk", "other-account", "look-alike", "not-linked", "icp-only", "site-of-other",
    "shop-of-other",
)  # fmt: skip
OF_STATUS = {"abnormal": "subject-abnormal", "unknown": "subject-unclear"}


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is known of an application as a whole.

    Attributes:
        name_word: ``same``, ``former`` or ``differs``, as ``name_check`` says.
        representative: as entered. persons: names in the registry. status: of the subject.
        category: one of ``CATEGORIES``. others: another account has a live application for the same code.
    """

    name_word: str
    representative: str
    persons: tuple[str, ...]
    status: str
    category: str
    others: bool


@dataclass(frozen=True, slots=True)
class ClaimedSite:
    """What is known of one claimed site.

    Attributes:
        name: its written form. methods: by which it was ever proven. linked: of ``LINKS``.
        warnings: words of look-alikes. held_by_other: another subject has a standing proof for it.
        shop_of_other: the shop is linked with another subject.
    """

    name: str
    methods: frozenset[str]
    linked: Sequence[str]
    warnings: Sequence[str]
    held_by_other: bool = False
    shop_of_other: bool = False


def of_applicant(applicant: Applicant) -> tuple[str, ...]:
    """Doubts about the application as a whole, in words of ``WORDS``."""
    checks = {
        "name-differs": applicant.name_word == "differs",
        "name-former": applicant.name_word == "former",
        "representative-unknown": not applicant.persons,
        "representative-differs": bool(applicant.persons) and not _among(applicant.representative, applicant.persons),
        "high-risk": applicant.category in HIGH_RISK,
        "other-account": applicant.others,
    }
    found = [word for word, holds in checks.items() if holds]
    of_status = OF_STATUS.get(applicant.status)
    return (*found, of_status) if of_status else tuple(found)


def of_site(site: ClaimedSite) -> tuple[str, ...]:
    """Doubts about one site, each with the site's name behind a colon: what is granted for one is not for another."""
    checks = {
        "look-alike": bool(site.warnings),
        "not-linked": not site.linked,
        "icp-only": site.methods == {"icp"},
        "site-of-other": site.held_by_other,
        "shop-of-other": site.shop_of_other,
    }
    return tuple(f"{word}:{site.name}" for word, holds in checks.items() if holds)


def not_granted(doubts: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """Doubts no officer has agreed to yet."""
    agreed = set(granted)
    return tuple(doubt for doubt in doubts if doubt not in agreed)


def _among(name: str, names: Iterable[str]) -> bool:
    return "".join(name.split()) in {"".join(other.split()) for other in names}
