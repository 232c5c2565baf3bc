"""Errors of the exchange. Their codes also stand in receipts, so that the other side knows what to mend."""

from kernel.errors import WangjianError


class ExchangeError(WangjianError):
    """Base of all of them."""

    code = "exchange.error"


class EnvelopeError(ExchangeError):
    """A message that is not understood: not JSON, a field too many or too few, a value of the wrong form."""

    code = "exchange.envelope"


class TooLargeMessageError(ExchangeError):
    """A message, or a batch of them, is larger than agreed."""

    code = "exchange.too_large"


class SchemaUnknownError(ExchangeError):
    """No such type of message, or no such version of it."""

    code = "exchange.schema_unknown"


class SchemaError(ExchangeError):
    """The payload does not fit its schema; ``context['rows']`` lists every row and field."""

    code = "exchange.schema"


class SchemaChangeError(ExchangeError):
    """A schema changed in a way that its version number does not say."""

    code = "exchange.schema_change"


class SuiteError(ExchangeError):
    """No such signature suite, or its library is not installed here."""

    code = "exchange.suite"


class DowngradeError(ExchangeError):
    """A weaker suite than agreed: never taken silently."""

    code = "exchange.downgrade"


class UnsignedError(ExchangeError):
    """A message or call without a signature."""

    code = "exchange.unsigned"


class ForgedError(ExchangeError):
    """A signature that does not hold, or a key that is not this sender's."""

    code = "exchange.signature"


class SealError(ExchangeError):
    """Encrypted fields that cannot be opened with this installation's keys."""

    code = "exchange.seal"


class PlainTextError(ExchangeError):
    """Personal data in plain text where encryption is asked."""

    code = "exchange.plain_text"


class ClassificationError(ExchangeError):
    """A classification that may not travel here (secret), or none that is known."""

    code = "exchange.classification"


class RecipientError(ExchangeError):
    """The message is for somebody else, or nobody knows the way to its receiver."""

    code = "exchange.recipient"


class ScopeError(ExchangeError):
    """The peer may not send, or may not get, this type of message or some of its fields."""

    code = "exchange.scope"


class JurisdictionError(ExchangeError):
    """Nobody can be named who has the matter: of no known kind, or its places are not known."""

    code = "exchange.jurisdiction"


class PeerError(ExchangeError):
    """The peer is not known, is suspended, or does not answer."""

    code = "exchange.peer"


class ChainError(ExchangeError):
    """The message does not follow the one before it in its stream, or its place is taken by another."""

    code = "exchange.chain"


class WindowError(ExchangeError):
    """Too far ahead of what has arrived: the gap must be filled first."""

    code = "exchange.window"


class ExpiredError(ExchangeError):
    """The message came after its time to live, or the call is too old or too new."""

    code = "exchange.expired"


class VersionConflictError(ExchangeError):
    """The same version of the same business object, with another content."""

    code = "exchange.version_conflict"


class HandlerError(ExchangeError):
    """What should have happened with the message failed by a fault of ours; it is tried again."""

    code = "exchange.handler"


class TransferError(ExchangeError):
    """The matter is not in a state that allows this (a second transfer, an answer to nothing)."""

    code = "exchange.transfer"


class KeyChangeError(ExchangeError):
    """A change of keys that cannot be: not begun, not known to all peers yet, or not what a peer may tell us."""

    code = "exchange.key_change"


class RedriveError(ExchangeError):
    """There is nothing here to be sent again."""

    code = "exchange.redrive"


class ReceiptError(ExchangeError):
    """A receipt sheet that is not the answer to what was sent."""

    code = "exchange.receipt"


class PlainFileError(WangjianError):
    """A link, a folder, a device, or a file that is too large or not there."""

    code = "exchange.plain_file"


class MatterError(ExchangeError):
    """A lead or case that cannot be told to others: not there, not confirmed, or nobody to tell."""

    code = "exchange.matter"
