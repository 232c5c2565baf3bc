"""企业登记: a row of the registry as an extract of a market subject.

Field names as published (domain pages): PriPID, EntName, UniSCID, RegNO, EntType (CA16), RegState (CA19), Dom,
DomDistrict (CA01), LeRep, RegCap (万元), EstDate, ApprDate, OpScope, RegOrg (CA11), CompForm, webSite. ``HisEntName``
(former names) is ours: the published list has none. The code tables are known from memory only; a code that is not
in them is quarantined, and so shows what has to be added.
"""

import re
from datetime import datetime

from exchange.connectors.row import FieldList, Quarantined, Reader, SourceRow, Understood, day_in_china, keep_only
from identity_verify.registry_extract import RegistryExtract

SYSTEM = "registration"
KEY_FIELD = "PriPID"
PUBLISHED = (
    "PriPID", "EntName", "HisEntName", "UniSCID", "RegNO", "EntType", "RegState", "Dom", "DomDistrict", "LeRep",
    "RegCap", "EstDate", "ApprDate", "OpFrom", "OpTo", "OpScope", "IndustryPhy", "IndustryCo", "RegOrg", "LocalAdm",
    "SliceNO", "CompForm", "webSite", "webSitName",
)  # fmt: skip
KINDS = {
    "1100": "company", "1110": "company", "1130": "company", "1150": "company", "1200": "company", "4500": "other",
    "9100": "cooperative", "9500": "individual",
}  # fmt: skip
STATES = {
    "1": "active", "2": "revoked", "3": "revoked", "4": "deregistered", "5": "cancelled", "6": "deregistered",
    "9": "unknown",
}  # fmt: skip
FEN_OF_WAN = 1_000_000
keep = keep_only(PUBLISHED)
_REGION = re.compile(r"\d{6}")


def key_by_message(code: str) -> str:
    """Key of a record that came by a message, which does not know the registry's own number of the subject."""
    return f"code:{code}"


def understand(row: SourceRow, at: datetime) -> Understood | Quarantined:
    """The extract in a row, or its problems.

    Spec: GB/T 2260 (region of the day of registration; one that was abolished since is kept as it is).
    """
    read = Reader(row.fields, day_in_china(at))
    name = read.text("EntName", required=True, limit=200)
    code, number = read.uscc("UniSCID"), read.registration_number("RegNO")
    if not (code or number) and not read.problems:
        read.wrong("UniSCID", "missing")
    region = read.text("DomDistrict", limit=6)
    if region and not _REGION.fullmatch(region):
        read.wrong("DomDistrict", "form", region)
    if read.text("PriPID", required=True, limit=100) not in {"", row.key}:
        read.wrong("PriPID", "contradiction", read.text("PriPID"))
    established, approved = read.day("EstDate", required=True), read.day("ApprDate")
    if established and approved and approved < established:
        read.wrong("ApprDate", "contradiction", approved)
    role = "operator" if row.fields.get("EntType") == "9500" else "legal-representative"
    person = read.text("LeRep", limit=100)
    extract = RegistryExtract(
        code=code,
        registration_number=number,
        name=name,
        former_names=tuple(part.strip() for part in read.text("HisEntName").split("；") if part.strip()),
        kind=read.choice("EntType", KINDS),
        status=read.choice("RegState", STATES),
        region=region,
        address=read.text("Dom", limit=500),
        scope=read.text("OpScope"),
        persons=((role, person),) if person else (),
        established_on=established,
        approved_on=approved,
        authority=read.text("RegOrg", limit=200),
        capital_fen=read.fen("RegCap", unit=FEN_OF_WAN),
        websites=tuple(url for url in (read.url("webSite"),) if url),
        source_ref=f"{SYSTEM}:{row.key}@{row.version}",
        source_at=row.updated_at,
    )
    return read.verdict(
        row,
        keep(row.fields),
        subject_code=code,
        subject_name=name,
        shop_url=extract.websites[0] if extract.websites else "",
        title=name,
        state=extract.status,
        happened_on=approved or established,
        data={"registration_number": number, "authority": extract.authority, "kind": extract.kind, "region": region},
        body=extract,
    )


FIELDS = FieldList(SYSTEM, PUBLISHED, KEY_FIELD, keep, understand)
