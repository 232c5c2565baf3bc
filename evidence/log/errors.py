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


class LogBusyError(LogError):
    """Another process has been publishing for too long."""

    code = "evidence.log_busy"


class LogFaultError(LogError):
    """The log is not what it was. Nothing is sealed until a complete audit finds it whole again."""

    code = "evidence.log_fault"


class LogChangedError(LogFaultError):
    """Leaves, checkpoints or custody events are others than those that were logged."""

    code = "evidence.log_changed"


class LogRewoundError(LogFaultError):
    """Leaves that were logged are gone: the database is older than what its log has signed."""

    code = "evidence.log_rewound"


class LogForkedError(LogFaultError):
    """Our own key signed two histories."""

    code = "evidence.log_forked"


class WitnessError(LogError):
    """Witnesses are not set up as they must be."""

    code = "evidence.witness"


class WitnessUnavailableError(WitnessError):
    """A witness did not answer."""

    code = "evidence.witness_unavailable"


class WitnessRefusedError(WitnessError):
    """A witness refused, or answered with something that is no cosignature of its."""

    code = "evidence.witness_refused"


class WitnessSizeError(WitnessRefusedError):
    """A witness has seen another size of the log than we thought."""

    code = "evidence.witness_size"

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message, hint="wangjian log audit", context={"size": size})
        self.size = size


class WitnessDoubtError(WitnessRefusedError):
    """A witness says that this is not the log it knows."""

    code = "evidence.witness_doubt"


class WitnessQuorumError(WitnessError):
    """Too few witnesses cosigned the checkpoint; nothing is sealed, and it is tried again."""

    code = "evidence.witness_quorum"
