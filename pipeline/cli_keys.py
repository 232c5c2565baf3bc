"""Commands about this installation's signing keys: ``keys list``, ``keys renew``, ``keys revoke``."""

import argparse

from cryptography.hazmat.primitives.serialization import Encoding

from evidence import authority
from kernel.clock import CHINA, now
from kernel.config import settings
from kernel.crypto import sha256_hex
from pipeline.errors import UsageError


def keys_list(options: argparse.Namespace) -> int:
    """Print the certificates of the signers; the one that signs now is marked."""
    del options
    for one in authority.certified(settings(), now()):
        certificate = one.certificate
        end = certificate.not_valid_after_utc.astimezone(CHINA)
        state = "撤销 revoked" if one.revoked_at else "使用中 in use" if one.in_use else "已换 replaced"
        print(f"{one.use:<7} {certificate.serial_number:x}  至 to {end:%Y-%m-%d}  {state}")
        print(f"        sha256 {sha256_hex(certificate.public_bytes(Encoding.DER))}")
    return 0


def keys_renew(options: argparse.Namespace) -> int:
    """A new certificate for one use; roots, and so the trust list, stay."""
    certificate = authority.renew(settings(), options.use, now())
    print(f"{options.use} {certificate.serial_number:x} 已换发 renewed")
    return 0


def keys_revoke(options: argparse.Namespace) -> int:
    """Take a certificate back."""
    try:
        serial = int(options.serial, 16)
    except ValueError as error:
        raise UsageError(
            f"expected a serial number in hex, got {options.serial!r}", hint="wangjian keys list"
        ) from error
    authority.revoke(settings(), options.use, serial, options.reason, now())
    print(f"{options.use} {serial:x} 已吊销 revoked")
    return 0
