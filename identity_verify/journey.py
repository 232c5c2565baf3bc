"""The states of an application and what leads from one to the next. Pure; the rows are written elsewhere.

``draft`` 草稿 → ``pending`` 待核验 → ``verified`` 已核验 → ``issued`` 已发证 ⇄ ``warning`` 预警 → ``suspended`` 暂停 →
``revoked`` 撤销 or ``expired`` 过期. The last two are ends: a new application is a new row.

Spec: 网络交易监督管理办法 art 12 (shown identity is true and up to date).
"""

from identity_verify.errors import StepError

STATES = ("draft", "pending", "verified", "issued", "warning", "suspended", "revoked", "expired")
ENDS = frozenset({"revoked", "expired"})
BADGED = frozenset({"issued", "warning", "suspended"})
STEPS: dict[tuple[str, str], str] = {
    ("draft", "submit"): "pending",
    ("pending", "verify"): "verified",
    ("pending", "return"): "draft",
    ("verified", "return"): "draft",
    ("verified", "issue"): "issued",
    ("issued", "warn"): "warning",
    ("warning", "recover"): "issued",
    ("warning", "suspend"): "suspended",
    ("issued", "suspend"): "suspended",
    ("suspended", "resume"): "issued",
    ("issued", "renew"): "issued",
    ("warning", "renew"): "issued",
}
STEPS |= {(state, "revoke"): "revoked" for state in STATES if state not in ENDS}
STEPS |= {(state, "expire"): "expired" for state in STATES if state not in ENDS}
EVENTS = tuple(dict.fromkeys(event for _, event in STEPS))


def step(state: str, event: str) -> str:
    """The state that follows.

    Raises:
        StepError: this event is not possible in this state.
    """
    after = STEPS.get((state, event))
    if after is None:
        possible = ", ".join(possible_events(state)) or "none: it has ended"
        raise StepError(
            f"expected one of ({possible}) in the state {state}, got {event}",
            hint="请刷新页面，看现在的状态。",
            context={"state": state, "event": event},
        )
    return after


def possible_events(state: str) -> tuple[str, ...]:
    """Events that are possible in a state."""
    return tuple(event for (before, event) in STEPS if before == state)
