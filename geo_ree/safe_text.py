"""Texts of data and of servers, made safe to show: no password, nothing that steers a terminal."""

from __future__ import annotations

import re

MASK = "***"
"""Stands for a secret."""

_NAMES = (
    r"(?:[\w.~-]*[-_.~])?(?:token|key|password|passwd|pwd|secret|signature|sig|credentials?|auth|"
    r"authorization|cookie)|apikey|accesskey|accesstoken|(?:aws)?accesskeyid|subscriptionkey"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_PARAMETER = re.compile(
    rf"([?&;#])({_NAMES})=([^&#\s\"'<>]+?)(?=[;,.)]*(?:[&#\s\"'<>]|$))", re.IGNORECASE
)
_USER = re.compile(r"://([^/?#\s@:]*)(:?)[^/?#\s]*@")
# control characters but line feed and tab, what turns the direction of writing, half characters
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_secret(name: str, value: str) -> bool:
    """Return whether the value of a parameter or header is a secret, by its name.

    Examples
    --------
    >>> is_secret("api_key", "made-up"), is_secret("key", "made-up"), is_secret("key", "a/b.csv")
    (True, True, False)
    """
    path = name.casefold() == "key" and "/" in value  # stores of objects call a path so
    return _NAME.fullmatch(name) is not None and not path


def mask_addresses(text: str) -> str:
    """Mask the passwords, keys and tokens in the addresses of a text.

    Examples
    --------
    >>> mask_addresses("https://me:made-up@example.org/a?f=csv&api_key=made-up; fetch again later")
    'https://me:***@example.org/a?f=csv&api_key=***; fetch again later'
    """
    if "://" in text:
        text = _USER.sub(lambda found: f"://{found[1] * bool(found[2])}{found[2]}{MASK}@", text)
    return _PARAMETER.sub(lambda f: f"{f[1]}{f[2]}={MASK}" if is_secret(f[2], f[3]) else f[0], text)


def printable(text: str) -> str:
    r"""Write characters that would steer a terminal as JSON does, so that they are seen.

    Examples
    --------
    >>> printable("\x1b]0;title\x07")
    '\\u001b]0;title\\u0007'
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
