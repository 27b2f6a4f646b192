"""Passwords as they are stored: scrypt with a random salt, one line each (RFC 7914)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from explorer.records import ExplorerError

N, R, P = 2**15, 8, 3  # 32 MiB and about a quarter of a second for each guess
LONGEST_WORK = 2**20  # n * p a stored hash may ask for, so that a mistyped one cannot stop the server
SALT, LENGTH = 16, 32  # bytes
SHORTEST = 8  # characters of a new password
LONGEST = 1024


@dataclass(frozen=True)
class StoredPassword:
    """``scrypt$n$r$p$salt$hash``, salt and hash in base64."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> StoredPassword:
        """A new salt each time: the same password is never stored twice alike."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ExplorerError(f"the password has {len(password)} characters; choose {SHORTEST} to {LONGEST}")
        salt = secrets.token_bytes(SALT)
        return cls(N, R, P, salt, _scrypt(password, salt, N, R, P, LENGTH))

    @classmethod
    def parse(cls, text: str) -> StoredPassword:
        """Refuses with ValueError what is no such hash, a password in plain text for one."""
        kind, n, r, p, salt, digest = text.split("$")
        found = cls(int(n), int(r), int(p), _bytes(salt), _bytes(digest))
        if kind != "scrypt" or not (
            found.n * found.p <= LONGEST_WORK and 1 <= found.r <= 32 and len(found.digest) >= 16
        ):
            raise ValueError(text)
        found.matches("")  # numbers scrypt cannot work with
        return found

    def matches(self, password: str) -> bool:
        """Takes as long for a wrong password as for the right one."""
        found = _scrypt(password[:LONGEST], self.salt, self.n, self.r, self.p, len(self.digest))
        return hmac.compare_digest(found, self.digest)

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${digest}"


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, dklen=length, maxmem=256 * n * r + 2**20)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
