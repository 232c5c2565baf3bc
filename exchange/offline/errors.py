"""Errors of offline packages. Their codes also stand in return receipts."""

from kernel.errors import WangjianError


class OfflineError(WangjianError):
    """A package cannot be made, or what was given is none."""

    code = "exchange.offline"


class ManifestError(OfflineError):
    """The manifest of a package is not understood, or breaks a limit."""

    code = "exchange.offline.manifest"


class SignatureError(OfflineError):
    """The manifest is not signed by the sender it names."""

    code = "exchange.offline.signature"


class RecipientError(OfflineError):
    """The package is sealed for another organisation."""

    code = "exchange.offline.recipient"


class ReplayError(OfflineError):
    """The package was opened before; its receipt is written again, and nothing else happens."""

    code = "exchange.offline.replay"


class OrderError(OfflineError):
    """The package does not follow the one before it."""

    code = "exchange.offline.order"


class ForeignFileError(OfflineError):
    """A link, a folder or a file that the package does not name."""

    code = "exchange.offline.foreign_file"


class VolumeError(OfflineError):
    """A volume is not the one the manifest names."""

    code = "exchange.offline.volume"


class ContentError(OfflineError):
    """What a package holds is not what its manifest says."""

    code = "exchange.offline.content"


class ReleaseError(OfflineError):
    """The package may not leave: two different officers have to release it, unchanged."""

    code = "exchange.offline.release"


class ReturnReceiptError(OfflineError):
    """A return receipt that is not the answer to a package of ours."""

    code = "exchange.offline.receipt"
