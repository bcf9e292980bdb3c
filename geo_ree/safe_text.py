"""Texts of data and of servers, made safe to show: no password, nothing that steers a terminal."""

from __future__ import annotations

import re

MASK = "***"
"""Stands for a secret."""

_NAMES = (
    r"(?:[\w.~-]*[-_.~])?(?:token|key|password|passwd|pwd|secret|signature|sig|credentials?|auth|"
    r"authorization|cookie)|sslpassword|apikey|accesskey|accesstoken|(?:aws)?accesskeyid|subscriptionkey"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_PARAMETER = re.compile(
    rf"([?&;#])({_NAMES})=([^&#\s\"'<>]+?)(?=[;,.)]*(?:[&#\s\"'<>]|$))", re.IGNORECASE
)
# of a database, whose password may hold / ? and #
_DATABASE = re.compile(r"(postg[\w+]*:/{1,2}[^/?#\s@:]*):\S*@", re.IGNORECASE)
_USER = re.compile(r"(postg[\w+]*)?://([^/?#\s@:]*)(:?)[^/?#\s]*@", re.IGNORECASE)
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
    >>> mask_addresses("postgresql://me:made/up@localhost/team, postgresql://me@localhost/team")
    'postgresql://me:***@localhost/team, postgresql://me@localhost/team'
    """
    if ":/" in text:
        text = _USER.sub(_mask_login, _DATABASE.sub(rf"\1:{MASK}@", text))
    return _PARAMETER.sub(lambda f: f"{f[1]}{f[2]}={MASK}" if is_secret(f[2], f[3]) else f[0], text)


def _mask_login(found: re.Match[str]) -> str:
    """Mask a password, or what stands alone before the @: a token, but the user of a database."""
    database, user, colon = found[1] or "", found[2], found[3]
    if database and not colon:
        return found[0]
    return f"{database}://{user * bool(colon)}{colon}{MASK}@"


def printable(text: str) -> str:
    r"""Write characters that would steer a terminal as JSON does, so that they are seen.

    Examples
    --------
    >>> printable("\x1b]0;title\x07")
    '\\u001b]0;title\\u0007'
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
