"""What an address that a shop shows says for a candidate: the same one, nearly, or at least the same city."""

from identity_verify.company_name import CompanyName, parse
from identity_verify.name_score import Reason
from identity_verify.normal_name import normal_text
from identity_verify.vocabulary import Vocabulary

LEAST = 8
"""Shorter addresses are parts of many."""
SAME, NEAR, CITY = 40, 30, 20


def address_reasons(
    shown: str, registered_address: str, registered: CompanyName, words: Vocabulary
) -> tuple[Reason, ...]:
    """Reasons that a shown address gives.

    Args:
        shown: as it stands there. registered_address: 住所 of the candidate, or empty.
        registered: the candidate's name, which begins with its place more often than not.
    """
    left, right = normal_text(shown), normal_text(registered_address)
    if not left:
        return ()
    if left == right:
        return (Reason("address", SAME, shown, registered_address),)
    if min(len(left), len(right)) >= LEAST and (left in right or right in left):
        return (Reason("address-near", NEAR, shown, registered_address),)
    return _by_place(parse(left, words), shown, registered)


def _by_place(place: CompanyName, shown: str, registered: CompanyName) -> tuple[Reason, ...]:
    """An office may be in another city than the one in the name, so this speaks, and never decides."""
    if not place.city or not (registered.city or registered.province):
        return ()
    if place.city == registered.city or (not registered.city and place.province == registered.province):
        return (Reason("address-place", CITY, shown, place.city),)
    return (Reason("address-elsewhere", 0, shown, registered.city or registered.province),)
