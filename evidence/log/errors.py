"""What can go wrong with the log, its proofs and its witnesses."""

from evidence.errors import EvidenceError, MalformedError, SignatureError


class LogError(EvidenceError):
    """Base of the log's errors."""

    code = "evidence.log"


class LogFormError(MalformedError):
    """A note, checkpoint, proof or key that is not in its one form."""

    code = "evidence.log_form"


class NoteSignatureError(SignatureError):
    """A signature of a known key on a note does not hold."""

    code = "evidence.log_signature"


class NotIncludedError(LogError):
    """The entry is not in the tree that the checkpoint names."""

    code = "evidence.log_not_included"


class InconsistentError(LogError):
    """One tree is not the beginning of the other."""

    code = "evidence.log_inconsistent"
