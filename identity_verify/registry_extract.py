"""One extract of the registry (企业登记), as its source gave it."""

from dataclasses import dataclass
from datetime import date, datetime

from identity_verify.errors import ExtractRefusedError
from kernel.identifiers import check_registration_number, check_uscc

KINDS = frozenset({"company", "individual", "cooperative", "other", "unregistered"})
STATUSES = frozenset({"active", "deregistered", "revoked", "cancelled", "abnormal", "unknown"})
REGION_LENGTH = 6
MAX_NAME, MAX_REF = 200, 300


@dataclass(frozen=True, slots=True)
class RegistryExtract:
    """What the registry says of one subject.

    Attributes:
        code: 统一社会信用代码, upper case, or empty where the subject has only a 注册号.
        registration_number: 15-digit 注册号, or empty.
        name: in full. former_names: 曾用名, oldest first.
        kind: ``company individual cooperative other``. status: ``active deregistered revoked cancelled abnormal``.
        region: GB/T 2260, six digits, of the day of registration (it may have been abolished since).
        address: 住所. scope: 经营范围. persons: (role, name) pairs, ``legal-representative`` first.
        established_on, approved_on: 成立日期, 核准日期. authority: 登记机关. capital_fen: 注册资本 in 分.
        websites: 网站、网店 addresses as reported.
        source_ref: the source's own key of this extract. source_at: as of when, aware UTC.
    """

    code: str
    registration_number: str
    name: str
    former_names: tuple[str, ...]
    kind: str
    status: str
    region: str
    address: str
    scope: str
    persons: tuple[tuple[str, str], ...]
    established_on: date | None
    approved_on: date | None
    authority: str
    capital_fen: int | None
    websites: tuple[str, ...]
    source_ref: str
    source_at: datetime


def faults(extract: RegistryExtract) -> tuple[str, ...]:
    """What is wrong with an extract, in stable words; empty when it can be taken.

    The region is not looked up: an abolished division is no fault.

    Spec: GB 32100-2015 (check characters); GS 15-2006.
    """
    name, region = extract.name.strip(), extract.region
    dates = extract.established_on, extract.approved_on
    checks = {
        "no-identifier": not extract.code and not extract.registration_number,
        "name": not 0 < len(name) <= MAX_NAME,
        "former-names": any(len(former) > MAX_NAME for former in extract.former_names),
        "source-ref": len(extract.source_ref) > MAX_REF,
        "kind": extract.kind not in KINDS - {"unregistered"},
        "status": extract.status not in STATUSES,
        "region": bool(region) and not (len(region) == REGION_LENGTH and region.isascii() and region.isdigit()),
        "dates": dates[0] is not None and dates[1] is not None and dates[1] < dates[0],
        "capital": extract.capital_fen is not None and extract.capital_fen < 0,
        "source-time": extract.source_at.tzinfo is None,
    }
    found = [word for word, wrong in checks.items() if wrong]
    if extract.code and not (verdict := check_uscc(extract.code)).ok:
        found.append(f"code:{verdict.reason}")
    if extract.registration_number and not (old := check_registration_number(extract.registration_number)).ok:
        found.append(f"registration-number:{old.reason}")
    return tuple(found)


def require_sound(extract: RegistryExtract) -> None:
    """Refuse an extract that cannot be right.

    Raises:
        ExtractRefusedError: names every fault; nothing is guessed and nothing repaired.
    """
    found = faults(extract)
    if found:
        raise ExtractRefusedError(
            f"expected a sound registry extract, got faults: {', '.join(found)} ({extract.source_ref})",
            hint="Quarantine the row and tell the registry's contact; the subject stays as it was.",
            context={"faults": list(found), "source_ref": extract.source_ref},
        )


def claims_of(extract: RegistryExtract) -> dict[str, object]:
    """The extract as values by field of ``precedence.yml``; fields it is silent on are left out.

    An empty text is silence, not a claim that there is nothing: sources leave out what they do not carry.
    """
    values: dict[str, object] = {
        "code": extract.code,
        "registration_number": extract.registration_number,
        "name": extract.name.strip(),
        "former_names": list(extract.former_names),
        "kind": extract.kind,
        "status": extract.status,
        "region": extract.region,
        "address": extract.address,
        "scope": extract.scope,
        "persons": [list(pair) for pair in extract.persons],
        "established_on": extract.established_on.isoformat() if extract.established_on else "",
        "approved_on": extract.approved_on.isoformat() if extract.approved_on else "",
        "authority": extract.authority,
        "websites": list(extract.websites),
    }
    if extract.capital_fen is not None:
        values["capital_fen"] = extract.capital_fen
    return {field: value for field, value in values.items() if value not in ("", [])}
