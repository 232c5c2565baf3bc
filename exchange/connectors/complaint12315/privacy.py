"""Hiding persons in the words of a complaint: numbers, addresses of mail, names of chat accounts."""

import re

HIDDEN = "〔已隐去〕"
_FULL_WIDTH = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@.-_+"
_PLAIN = str.maketrans({chr(ord(one) + 0xFEE0): one for one in _FULL_WIDTH})
_MAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CHAT = re.compile(r"((?:微信|wechat|weixin|vx|QQ)(?:号|号码)?\s*[:：是为]?\s*)[A-Za-z0-9_-]{5,}", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[ \-–—.]?\d){9,}[ \-]?[\dXx](?![\dXx])")
_PLAIN_NUMBER = re.compile(r"(?<![\d.])\d{7,}[Xx]?(?![\d.]\d)")


def hidden(text: str) -> str:
    """The text with telephone, identity, card and order numbers, mail addresses and chat names hidden.

    Full-width digits, letters and signs are written plainly first, so that they do not slip through. Names of
    persons cannot be told from other words and are not looked for: they have fields of their own, which are not kept.

    Spec: 个人信息保护法 art 6 (least necessary scope).
    """
    plain = text.translate(_PLAIN)
    plain = _CHAT.sub(rf"\1{HIDDEN}", _MAIL.sub(HIDDEN, plain))
    return _PLAIN_NUMBER.sub(HIDDEN, _LONG_NUMBER.sub(HIDDEN, plain))
