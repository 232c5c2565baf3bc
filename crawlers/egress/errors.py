"""Errors of the way out."""

from kernel.errors import WangjianError


class EgressRefusedError(WangjianError):
    """A destination that may not be reached.

    Attributes:
        reason: stable word, one of ``crawlers.egress.policy.REASONS``; also the last part of ``code``.
    """

    code = "egress.refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(
            message,
            hint="Only global addresses on ports 80 and 443 are reached; "
            "open a test host with WANGJIAN_EGRESS_ALLOW=host:port.",
            context={"reason": reason},
        )
        self.reason = reason
        self.code = f"egress.refused.{reason}"


class EgressRuleError(WangjianError):
    """An allow rule or a host entry of the settings is not understood."""

    code = "egress.rule"


class ResolveError(WangjianError):
    """A name has no address, or no name server answered."""

    code = "egress.resolve"
