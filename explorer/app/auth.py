"""Who may log in: a file of names and hashed passwords, as ``explorer password`` prints them."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from explorer.records import ExplorerError
from explorer.workspace.passwords import StoredPassword

Check = Callable[[str, str], Awaitable[bool]]
AT_ONCE = 4  # logins checked at the same time: a hash costs memory
PAUSE = 0.5  # seconds a wrong password holds its place, so guessing goes at AT_ONCE / PAUSE per second at most
HOW = "write one line per person, as `explorer password NAME` prints it"


def read_accounts(path: Path) -> dict[str, StoredPassword]:
    """name -> stored password; empty lines and those that begin with # count for nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExplorerError(f"the password file {path} cannot be read ({error}); {HOW}") from error
    _keep_private(path)
    accounts: dict[str, StoredPassword] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, stored = _account(line.strip(), f"{path} line {number}")
        if name in accounts:
            raise ExplorerError(f"{path} line {number} names {name!r} a second time; remove one of the two")
        accounts[name] = stored
    if not accounts:
        raise ExplorerError(f"the password file {path} names nobody, so nobody could log in; {HOW}")
    return accounts


def _account(line: str, where: str) -> tuple[str, StoredPassword]:
    """The line itself is never part of a message: it may hold a password."""
    name, colon, stored = line.partition(":")
    try:
        if not colon or not name.strip():
            raise ValueError(name)
        return name.strip(), StoredPassword.parse(stored.strip())
    except ValueError:
        raise ExplorerError(f"{where} holds no name and hashed password; {HOW}") from None


def _keep_private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ExplorerError(f"others on this machine may open the password file {path}; run: chmod 600 {path}")


def checker(accounts: Mapping[str, StoredPassword]) -> Check:
    """What Gradio asks at a login: whether this is the password of this name.

    An unknown name takes as long as a known one.
    """
    places = asyncio.Semaphore(AT_ONCE)
    nobody = next(iter(accounts.values()))

    async def check(name: str, password: str) -> bool:
        async with places:
            stored = accounts.get(name)
            right = await asyncio.to_thread((stored or nobody).matches, password) and stored is not None
            if not right:
                await asyncio.sleep(PAUSE)
            return right

    return check
