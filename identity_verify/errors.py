"""Errors of identity verification."""

from kernel.errors import WangjianError


class SiteError(WangjianError):
    """A site (host, domain, path) cannot be written in the one form that tokens and headers take."""

    code = "identity_verify.site"


class BadgeError(WangjianError):
    """A badge cannot be issued or renewed as asked."""

    code = "identity_verify.badge"


class BadgeStateError(WangjianError):
    """A badge is not in a state from which this step leads."""

    code = "identity_verify.badge_state"


class BadgeUnknownError(WangjianError):
    """No badge has this number."""

    code = "identity_verify.badge_unknown"


class BadgeKeyError(WangjianError):
    """A key of the badge issuer is missing, damaged, or not in a state that allows this."""

    code = "identity_verify.badge_key"


class ExtractRefusedError(WangjianError):
    """A registry extract that contradicts itself or its standard; it belongs into quarantine."""

    code = "identity_verify.extract"


class SubjectUnknownError(WangjianError):
    """No such market subject."""

    code = "identity_verify.subject_unknown"


class FieldUnknownError(WangjianError):
    """A claim about a field, or from a source, that the table of precedence does not know."""

    code = "identity_verify.field_unknown"


class ClaimRefusedError(WangjianError):
    """A claimed value that does not have the form of its field."""

    code = "identity_verify.claim"


class TaskStateError(WangjianError):
    """A review task that is gone, decided already, or cannot be decided this way."""

    code = "identity_verify.task_state"


class BadgeTokenError(WangjianError):
    """A token or status list that does not count; ``reason`` is a stable word for the first thing wrong with it."""

    code = "identity_verify.badge_token"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, hint="不要相信此标识，请打开核验页 do not trust it; open the page of the badge")
        self.reason = reason


class CodeError(WangjianError):
    """A code was entered that its standard does not allow: length, characters or a check digit."""

    code = "identity_verify.code"


class CodeUnknownError(WangjianError):
    """The registry has no subject with this code."""

    code = "identity_verify.code_unknown"


class SubjectEndedError(WangjianError):
    """The registry says that this subject was struck off or lost its licence."""

    code = "identity_verify.subject_ended"


class OtherFirmError(WangjianError):
    """The name that was entered is the name of another firm than the code's."""

    code = "identity_verify.other_firm"


class SiteAddressError(WangjianError):
    """What was entered is not the address of a site or shop."""

    code = "identity_verify.site_address"


class StepError(WangjianError):
    """The application is not in a state that allows this step."""

    code = "identity_verify.step"


class NotReadyError(WangjianError):
    """Something is missing before this step: a site, a proof, an officer's agreement."""

    code = "identity_verify.not_ready"


class ApplicationUnknownError(WangjianError):
    """No such application or site, or none of this merchant's: the two look alike on purpose."""

    code = "identity_verify.application_unknown"


class TooOftenError(WangjianError):
    """A check was asked for again too soon: each one asks other people's servers."""

    code = "identity_verify.too_often"


class HistoryBrokenError(WangjianError):
    """A history of an identity does not hold: a step was changed, left out, or is not in the witnessed log."""

    code = "identity_verify.history_broken"


class RecoveryError(WangjianError):
    """A forgotten password cannot be replaced so: the code, the site or the time is not right."""

    code = "identity_verify.recovery"


class FilingTableError(WangjianError):
    """A table of ICP filings cannot be read."""

    code = "identity_verify.filing_table"
