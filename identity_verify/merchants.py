"""What merchants have proven, as others need it: the sites of a subject, with scope and term."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.doubts import not_granted
from identity_verify.proven_site import ProvenSite
from identity_verify.site_claims import COUNTING, proven_site
from kernel.models import Application, SiteClaim

SPEAKING = ("verified", "issued", "warning")
"""States in which an application's sites count for its subject."""


def sites_of(session: Session, subject_id: int, *, at: datetime) -> tuple[ProvenSite, ...]:
    """The sites of a subject that are proven now and that no officer has yet to agree to.

    A site that failed a re-check counts until it has failed for a day; see ``recheck``.

    Returns:
        each written site once, with its longest term, in the order of their written forms.
    """
    query = (
        select(SiteClaim, Application.granted_for)
        .join(Application, Application.id == SiteClaim.application_id)
        .where(
            Application.subject_id == subject_id,
            Application.state.in_(SPEAKING),
            SiteClaim.removed_at.is_(None),
            SiteClaim.state.in_(COUNTING),
            SiteClaim.proof_expires_at > at,
        )
    )
    found: dict[str, ProvenSite] = {}
    for claim, granted in session.execute(query):
        site = None if not_granted(claim.doubts, granted) else proven_site(claim)
        if site is None:
            continue
        text = site.text()
        if text not in found or found[text].expires_at < site.expires_at:
            found[text] = site
    return tuple(found[text] for text in sorted(found))
