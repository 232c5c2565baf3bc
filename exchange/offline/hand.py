"""The keys a package is made and opened with: signature, sealed content key, content cipher of one suite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hand:
    """This installation towards one peer.

    Attributes:
        me, peer: organisation codes. suite: name of the signature suite that is agreed; another one is refused.
        sign: over bytes, with ``suite``, ``kid`` and ``value`` (base64). verify: the peer's; raises a
            ``WangjianError`` when it does not hold.
        key_bytes: length of a content key. wrap, unwrap: seal a content key for the peer, open one sealed for us;
            the second argument binds it to its package.
        encrypt, decrypt: content under a content key with associated data; ``decrypt`` raises a ``WangjianError``.
    """

    me: str
    peer: str
    suite: str
    sign: Callable[[bytes], Mapping[str, str]]
    verify: Callable[[bytes, Mapping[str, str]], None]
    key_bytes: int
    wrap: Callable[[bytes, bytes], bytes]
    unwrap: Callable[[bytes, bytes], bytes]
    encrypt: Callable[[bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes], bytes]
