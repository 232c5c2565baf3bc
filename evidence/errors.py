"""What can go wrong between a capture and a package that stands."""

from kernel.errors import WangjianError


class EvidenceError(WangjianError):
    """Base of this package's errors."""

    code = "evidence.error"


class IllegalTransitionError(EvidenceError):
    """A state that does not follow from the present one."""

    code = "evidence.illegal_transition"


class CaptureFolderError(EvidenceError):
    """The folder of a capture is not whole, or holds what may not be sealed."""

    code = "evidence.capture_folder"


class CustodyBrokenError(EvidenceError):
    """The chain of custody does not verify."""

    code = "evidence.custody_broken"


class KeysError(EvidenceError):
    """Signing keys are missing, damaged, or open to others."""

    code = "evidence.keys"


class KeyTokenError(EvidenceError):
    """The token with a signing key is not there, or refuses."""

    code = "evidence.keys_token"


class TrustError(EvidenceError):
    """The trust list is missing or cannot be read."""

    code = "evidence.trust"


class MalformedError(EvidenceError):
    """Bytes that are not the structure they claim to be, or not its one DER form."""

    code = "evidence.malformed"


class UntrustedError(EvidenceError):
    """No path from the signer's certificate to a trusted root."""

    code = "evidence.untrusted"


class SignatureError(EvidenceError):
    """A signature that does not hold."""

    code = "evidence.signature"


class ContentMismatchError(SignatureError):
    """The signature holds, over other bytes."""

    code = "evidence.content_mismatch"


class TimestampError(EvidenceError):
    """No usable timestamp; the capture is not evidence yet."""

    code = "evidence.timestamp"


class TsaUnavailableError(TimestampError):
    """A timestamp service did not answer."""

    code = "evidence.tsa_unavailable"


class TsaRejectedError(TimestampError):
    """A timestamp service refused."""

    code = "evidence.tsa_rejected"


class TsaLiedError(TimestampError):
    """The answer is not about what was asked: other imprint, other nonce, damaged."""

    code = "evidence.tsa_lied"


class TsaUntrustedError(TimestampError):
    """The answer is signed by somebody else than that service."""

    code = "evidence.tsa_untrusted"


class ClockSkewError(TimestampError):
    """Our clock and the timestamp differ too much."""

    code = "evidence.clock_skew"


class TooFewTimestampsError(TimestampError):
    """Fewer than two separate timestamp services."""

    code = "evidence.too_few_timestamps"


class FontMissingError(EvidenceError):
    """No font with Chinese characters on this machine."""

    code = "evidence.font_missing"


class DiskFullError(EvidenceError):
    """No room; nothing half-written is visible."""

    code = "evidence.disk_full"


class PackageError(EvidenceError):
    """A package that cannot be opened safely."""

    code = "evidence.package"


class PackageUnreadableError(PackageError):
    """Not a package: truncated, not a zip, not there."""

    code = "evidence.package_unreadable"


class RedactionError(EvidenceError):
    """What is to be withheld or proved is not understood, or cannot be."""

    code = "evidence.redaction"


class ExportFailedError(PackageError):
    """What was written for others does not verify."""

    code = "evidence.export_failed"


class StoreError(EvidenceError):
    """The evidence store cannot be used."""

    code = "evidence.store"


class StoreMissingError(StoreError):
    """No object under that key."""

    code = "evidence.store_missing"


class StoreConflictError(StoreError):
    """Other bytes under the same key: never overwritten."""

    code = "evidence.store_conflict"


class StoreDamagedError(StoreError):
    """Stored bytes no longer have their digest."""

    code = "evidence.store_damaged"


class StoreLockedError(StoreError):
    """The store does not let go of an object: its term has not ended, or a legal hold is on."""

    code = "evidence.store_locked"


class NoGoodCopyError(StoreError):
    """No place holds good bytes to restore from."""

    code = "evidence.no_good_copy"


class NothingToRestoreError(EvidenceError):
    """Every place has the right bytes already."""

    code = "evidence.nothing_to_restore"


class HoldError(EvidenceError):
    """What was entered about a legal hold is not understood, or there is none to release."""

    code = "evidence.hold"


class RetainedError(EvidenceError):
    """Evidence that may not be deleted: not sealed, within its storage term, held, or of an open case."""

    code = "evidence.retained"


class RetainedTermError(RetainedError):
    """The storage term has not ended."""

    code = "evidence.retained_term"


class RetainedHoldError(RetainedError):
    """A legal hold is not released."""

    code = "evidence.retained_hold"


class RetainedCaseError(RetainedError):
    """The case it was taken for is open."""

    code = "evidence.retained_case"


class RetainedStateError(RetainedError):
    """Not sealed, or deleted already."""

    code = "evidence.retained_state"


class DeletionError(EvidenceError):
    """A deletion that was not asked for, asked for twice, or whose reason and basis are missing."""

    code = "evidence.deletion"


class CertificateError(EvidenceError):
    """A deletion certificate that does not hold."""

    code = "evidence.deletion_certificate"


class OfficerError(EvidenceError):
    """What was entered about an officer is not understood."""

    code = "evidence.officer"


class OfficerUnknownError(EvidenceError):
    """No officer with this account or certificate number."""

    code = "evidence.officer_unknown"


class OfficerExpiredError(EvidenceError):
    """The officer's certificate is not valid yet, or no longer."""

    code = "evidence.officer_expired"


class OfficerRevokedError(EvidenceError):
    """The officer's certificate was taken back."""

    code = "evidence.officer_revoked"


class OfficerTwiceError(EvidenceError):
    """The same officer a second time, where another is needed."""

    code = "evidence.officer_twice"


class SameAccountError(EvidenceError):
    """One account would both capture and seal."""

    code = "evidence.same_account"


class AuthorisationError(EvidenceError):
    """What was entered about an authorisation is not understood."""

    code = "evidence.authorisation"


class AuthorisationMissingError(EvidenceError):
    """No authorisation for this case."""

    code = "evidence.authorisation_missing"


class AuthorisationExpiredError(EvidenceError):
    """The authorisation does not cover this time."""

    code = "evidence.authorisation_expired"


class AuthorisationRevokedError(EvidenceError):
    """The authorisation was taken back."""

    code = "evidence.authorisation_revoked"


class ApprovalMissingError(EvidenceError):
    """Fewer than two officers have approved; the capture waits."""

    code = "evidence.approval_missing"


class ApprovalStateError(EvidenceError):
    """There is nothing to approve: not captured yet, sealed already, or not taken for a case."""

    code = "evidence.approval_state"
