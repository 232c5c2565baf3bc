"""States of an application."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from identity_verify.errors import StepError
from identity_verify.journey import BADGED, ENDS, EVENTS, STATES, STEPS, possible_events, step


@given(st.sampled_from(STATES), st.sampled_from(EVENTS))
def test_a_step_is_in_the_table_or_refused(state: str, event: str) -> None:
    """And a refusal names what would be possible."""
    if (state, event) in STEPS:
        assert step(state, event) == STEPS[state, event]
        return
    with pytest.raises(StepError) as caught:
        step(state, event)
    assert all(possible in caught.value.message for possible in possible_events(state))


class Walk(RuleBasedStateMachine):
    """Any order of events, allowed or not."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "draft"
        self.seen = ["draft"]

    @rule(event=st.sampled_from(EVENTS))
    def try_event(self, event: str) -> None:
        """What is refused changes nothing."""
        try:
            self.state = step(self.state, event)
        except StepError:
            return
        self.seen.append(self.state)

    @invariant()
    def a_badge_needs_verification(self) -> None:
        """No badge without having been verified; ends are for good."""
        first = next((place for place, state in enumerate(self.seen) if state in BADGED), None)
        assert first is None or "verified" in self.seen[:first]
        ended = next((place for place, state in enumerate(self.seen) if state in ENDS), None)
        assert ended is None or ended == len(self.seen) - 1


TestWalk = Walk.TestCase


def test_every_state_can_be_reached_and_left() -> None:
    """From the draft on; only ends have no way out."""
    reached = {"draft"}
    for _ in STATES:
        reached |= {after for (before, _), after in STEPS.items() if before in reached}
    assert reached == set(STATES)
    assert {state for state in STATES if not possible_events(state)} == ENDS
