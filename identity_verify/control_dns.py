"""Control of a name by its DNS: a TXT record with the token, or a CNAME that delegates the question to us.

Where the record is missing, the places where people put it by mistake are looked at too.

Spec: draft-ietf-dnsop-domain-verification-techniques-13 (challenge label, expiry, delegation); RFC 2308 (negative
answers are cached).
"""

from datetime import date

from identity_verify.control import Challenge, Fetcher, Outcome, found, missed
from identity_verify.control_token import TokenText, read_record, record_name
from kernel.outside import DnsAnswer

_NEGATIVE = {"timeout": "dns-timeout", "failure": "dns-failure"}


def check_txt(challenge: Challenge, fetcher: Fetcher, *, on: date) -> Outcome:
    """Look for the TXT record.

    Args:
        on: today.

    Returns:
        the proof, or why not: also that it stands at the wrong name.
    """
    name = record_name(challenge.name)
    answer = fetcher.txt(name)
    if answer.state != "ok":
        return _absent("dns", challenge, fetcher, answer)
    records = [record for value in answer.values if (record := read_record(value)) is not None]
    detail = answer.as_detail()
    if not records:
        return missed("dns", "malformed-record", **detail)
    mine = [record for record in records if record.token == challenge.token]
    if not mine:
        return missed("dns", "wrong-token", **detail)
    if challenge.expired(on) or not any(_holds(record, on) for record in mine):
        return missed("dns", "expired-token", **detail)
    return found("dns", **detail)


def check_cname(challenge: Challenge, fetcher: Fetcher, *, on: date) -> Outcome:
    """Look for the CNAME that points at our name for this token."""
    answer = fetcher.cname(record_name(challenge.name))
    wanted = delegated_name(challenge)
    if answer.state != "ok":
        return _absent("cname", challenge, fetcher, answer)
    detail = {**answer.as_detail(), "wanted": wanted}
    targets = {value.lower().rstrip(".") for value in answer.values}
    if wanted not in targets:
        ours = any(target.endswith(f".{challenge.delegate}") for target in targets)
        return missed("cname", "wrong-token" if ours else "wrong-target", **detail)
    if challenge.expired(on):
        return missed("cname", "expired-token", **detail)
    return found("cname", **detail)


def delegated_name(challenge: Challenge) -> str:
    """The name a delegating CNAME has to point at."""
    return f"{challenge.token}.{challenge.delegate}"


def _holds(record: TokenText, on: date) -> bool:
    return record.expires_on is None or on <= record.expires_on


def _absent(method: str, challenge: Challenge, fetcher: Fetcher, answer: DnsAnswer) -> Outcome:
    """Why there is no record: silence, an old "no" from a cache, the wrong name, or simply nothing."""
    detail = answer.as_detail()
    if answer.state in _NEGATIVE:
        return missed(method, _NEGATIVE[answer.state], **detail)
    elsewhere = _elsewhere(method, challenge, fetcher)
    if elsewhere:
        return missed(method, "wrong-host", **detail, found_at=elsewhere)
    if not answer.authoritative:
        return missed(method, "cached-negative", **detail)
    if answer.state == "no-data":
        return missed(method, "no-record", **detail)
    if not answer.zone:
        return missed(method, "domain-nxdomain", **detail)
    return missed(method, "nxdomain", **detail)


def _elsewhere(method: str, challenge: Challenge, fetcher: Fetcher) -> str:
    """The wrong name under which our record stands, or nothing."""
    for name in _wrong_places(challenge):
        answer = fetcher.txt(name) if method == "dns" else fetcher.cname(name)
        for value in answer.values if answer.state == "ok" else ():
            record = read_record(value)
            if (record is not None and record.token == challenge.token) or challenge.token in value.lower().split("."):
                return name
    return ""


def _wrong_places(challenge: Challenge) -> tuple[str, ...]:
    """The name itself; the zone typed twice by a control panel that adds it; ``www`` or the other side of it."""
    wanted, domain = challenge.name, challenge.domain
    places = [wanted, f"{record_name(wanted)}.{domain}", record_name(f"www.{wanted}"), record_name(domain)]
    return tuple(dict.fromkeys(place for place in places if place != record_name(wanted)))
