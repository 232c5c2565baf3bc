"""Identifiers of market subjects: 统一社会信用代码, 组织机构代码, 15-digit 注册号; ids of our own."""

import os
import time
from dataclasses import dataclass
from datetime import datetime
from operator import mul
from uuid import UUID

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
NO_VALUE = 255
"""In place of a value, for what is not of the alphabet."""
_VALUES_31 = bytes(USCC_ALPHABET.find(chr(code)) % 256 for code in range(256))
_VALUES_36 = bytes("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".find(chr(code)) % 256 for code in range(256))
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
USCC_LENGTH = 18
AUTHORITIES = {
    "1": "机构编制",
    "2": "外交",
    "3": "司法行政",
    "4": "文化",
    "5": "民政",
    "6": "旅游",
    "7": "宗教",
    "8": "工会",
    "9": "市场监督管理",
    "A": "中央军委改革和编制办公室",
    "N": "农业农村",
    "Y": "其他",
}
"""登记管理部门 by the first character; letters are as good as digits, rural collectives (N) sell online."""
REGISTRATION_LENGTH = 15


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """Result of checking an identifier.

    Attributes:
        ok: all parts are right.
        reason: stable word for the first thing that is wrong: ``length``, ``alphabet``,
            ``check-digit``, ``organisation-code``; empty when ok.
        expected: what the failing part should have been, where it can be computed.
    """

    ok: bool
    reason: str = ""
    expected: str = ""


_GOOD = CodeCheck(ok=True)


def new_id(prefix: str) -> str:
    """A new id that sorts by time: ``<prefix>-<12 hex ms><16 hex random>``."""
    return f"{prefix}-{time.time_ns() // 1_000_000:012x}{os.urandom(8).hex()}"  # noqa: TID251 - an id, not a time


def uuid7(at: datetime) -> str:
    """A UUID that sorts by time. Spec: RFC 9562 section 5.7.

    Args:
        at: aware UTC; its milliseconds are the first 48 bits, all else is random.
    """
    value = bytearray(int(at.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(value)))


def uscc_values(text: str) -> bytes:
    """The values 0 to 30 of the characters of a code, one byte each; 255 for what is not of its alphabet.

    Translated, not looked up one by one: it is asked for every token and every row of an intake.
    """
    return text.encode("ascii", "replace").translate(_VALUES_31)


def uscc_check_character(first17: str) -> str:
    """Check character of a 统一社会信用代码. Spec: GB 32100-2015 annex A (ISO 7064 MOD 31-3)."""
    if len(first17) != len(USCC_WEIGHTS):
        raise ValueError(f"expected {len(USCC_WEIGHTS)} characters, got {len(first17)}")
    values = uscc_values(first17)
    if NO_VALUE in values:
        raise ValueError(f"expected characters of {USCC_ALPHABET}, got {first17[:40]!r}")
    return USCC_ALPHABET[-sum(map(mul, values, USCC_WEIGHTS)) % 31]


def organisation_check_character(body: str) -> str:
    """Check character of a 组织机构代码 from its 8-character body. Spec: GB 11714-1997."""
    if len(body) != len(ORGANISATION_WEIGHTS):
        raise ValueError(f"expected {len(ORGANISATION_WEIGHTS)} characters, got {len(body)}")
    values = body.encode("ascii", "replace").translate(_VALUES_36)
    if NO_VALUE in values:
        raise ValueError(f"expected digits and capital letters, got {body[:40]!r}")
    total = sum(map(mul, values, ORGANISATION_WEIGHTS))
    return "0X987654321"[total % 11]  # 11 less the rest; X for ten, 0 for eleven


def check_uscc(code: str) -> CodeCheck:
    """Check a 统一社会信用代码 (18 upper-case characters), both its check digits.

    The administrative division is not checked: it is the one of the day of registration and
    may have been abolished since.

    Spec: GB 32100-2015 sections 4, 5 and annex A; GB 11714-1997 for characters 9 to 17.
    """
    if len(code) != USCC_LENGTH:
        return CodeCheck(ok=False, reason="length", expected=str(USCC_LENGTH))
    values = uscc_values(code)
    if NO_VALUE in values or not code[2:8].isdigit():
        return CodeCheck(ok=False, reason="alphabet")
    if -sum(map(mul, values, USCC_WEIGHTS)) % 31 != values[17]:
        return CodeCheck(ok=False, reason="check-digit", expected=uscc_check_character(code[:17]))
    expected = organisation_check_character(code[8:16])
    if code[16] != expected:
        return CodeCheck(ok=False, reason="organisation-code", expected=expected)
    return _GOOD


def check_organisation_code(code: str) -> CodeCheck:
    """Check a 组织机构代码: 8 characters and a check character, with or without the hyphen before it.

    Spec: GB 11714-1997.
    """
    bare = code[:8] + code[9:] if code[8:9] == "-" else code
    if len(bare) != 9:
        return CodeCheck(ok=False, reason="length", expected="9")
    if not (bare.isascii() and bare[:8].isalnum() and bare.upper() == bare):
        return CodeCheck(ok=False, reason="alphabet")
    expected = organisation_check_character(bare[:8])
    if bare[8] != expected:
        return CodeCheck(ok=False, reason="check-digit", expected=expected)
    return CodeCheck(ok=True)


@dataclass(frozen=True, slots=True)
class UsccParts:
    """What a 统一社会信用代码 says of its subject.

    Attributes:
        authority: first character; authority_name: 登记管理部门, empty where the standard names none.
        category: second character. division: GB/T 2260 code of the day of registration.
        organisation: the nine characters of the 组织机构代码.
    """

    authority: str
    authority_name: str
    category: str
    division: str
    organisation: str


def uscc_parts(code: str) -> UsccParts:
    """The parts of a well-formed 统一社会信用代码. Spec: GB 32100-2015 section 4."""
    return UsccParts(code[0], AUTHORITIES.get(code[0], ""), code[1], code[2:8], code[8:17])


def mod_11_10_digit(digits: str) -> str:
    """Check digit over decimal digits. Spec: ISO/IEC 7064 MOD 11,10."""
    remainder = 10
    for digit in digits:
        value = (int(digit) + remainder) % 10 or 10
        remainder = value * 2 % 11
    return str((11 - remainder) % 10)


def check_mod_11_10(number: str) -> bool:
    """True when the last digit is the check digit of those before it. Spec: ISO/IEC 7064 MOD 11,10."""
    return number.isascii() and number.isdigit() and mod_11_10_digit(number[:-1]) == number[-1]


def check_registration_number(number: str) -> CodeCheck:
    """Check a 15-digit 工商注册号. Spec: GS 15-2006 (ISO 7064 MOD 11,10)."""
    if len(number) != REGISTRATION_LENGTH:
        return CodeCheck(ok=False, reason="length", expected=str(REGISTRATION_LENGTH))
    if not (number.isascii() and number.isdigit()):
        return CodeCheck(ok=False, reason="alphabet")
    expected = mod_11_10_digit(number[:-1])
    if number[-1] != expected:
        return CodeCheck(ok=False, reason="check-digit", expected=expected)
    return CodeCheck(ok=True)
