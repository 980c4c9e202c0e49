"""The keys that open the service: made and revoked by command, of which only hashes are kept.

A key is 256 random bits, so that its SHA-256 can't be guessed back and needs no slow password
hash. The file stands beside the index, not in it: removing an index does not open the service.
Nor does revoking the last key: as long as the file is there, every request needs one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from pincite.errors import PinciteError
from pincite.index.manifest import write_durably
from pincite.settings import Settings

FORMAT = 1  # of the file; to be raised when an earlier version could not read it
PREFIX = "pincite_"  # by which a scanner for leaked secrets knows a key
_BYTES = 32  # of a key
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCKED_S = 10.0  # for which another process may hold the file


class Scope(StrEnum):
    """What a key opens. Who may write may read."""

    READ = "read"
    WRITE = "write"


class KeysUnreadable(PinciteError):
    """The file of the keys is gone, damaged, or may not be read or written."""

    type = "keys_unreadable"
    http_status = 503


class KeyNameTaken(PinciteError):
    """A key of that name is in use, or the name is none."""

    type = "key_name"
    exit_code = 2


class KeyNotFound(PinciteError):
    """No key in use has that name."""

    type = "key_not_found"


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key.

    Attributes:
        name: which requests are logged and limited under.
        digest: SHA-256 of the key, in hex; empty once it is revoked.
        made, revoked: ISO 8601, in UTC; `revoked` is None while the key is in use.
    """

    name: str
    scope: Scope
    digest: str
    made: str
    revoked: str | None = None


class KeyFile:
    """The file of the keys.

    Args:
        path: of the file; it is made with the first key.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> KeyFile:
        """The file that the settings name, or else the one beside the index."""
        index = settings.index.absolute()
        return cls(settings.keys_file or index.with_name(f"{index.name}.keys.json"))

    def read(self) -> tuple[Key, ...]:
        """All keys ever made; none where there is no file.

        Raises:
            KeysUnreadable: there is a file, but not one that this version can read.
        """
        try:
            held = json.loads(self.path.read_bytes())
            if held["format"] > FORMAT:
                raise KeysUnreadable(
                    f"{self.path} was written by a newer version", "Update Pincite."
                )
            return tuple(Key(**{**key, "scope": Scope(key["scope"])}) for key in held["keys"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise KeysUnreadable(
                f"the keys in {self.path} can't be read: {type(error).__name__}",
                "Put a copy back, or remove the file and make the keys anew.",
            ) from error

    def add(self, name: str, scope: Scope) -> str:
        """Make a key. What is returned is kept nowhere.

        Raises:
            KeyNameTaken: a key of that name is in use, or the name is none.
            KeysUnreadable: the file can't be read or written.
        """
        if not _NAME.fullmatch(name):
            raise KeyNameTaken(
                f"{name!r} can't name a key", "Take 1 to 64 letters, digits, '.', '_' and '-'."
            )
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        with self._locked():
            keys = self.read()
            if any(key.name == name and not key.revoked for key in keys):
                raise KeyNameTaken(
                    f"a key named {name!r} is in use", f"`pincite keys revoke {name}` ends it."
                )
            self._write((*keys, Key(name, scope, _digest(token), _now())))
        return token

    def revoke(self, name: str) -> Key:
        """End a key: the next request with it is refused. Returns what was kept of it.

        Raises:
            KeyNotFound: no key in use has that name.
            KeysUnreadable: the file can't be read or written.
        """
        with self._locked():
            keys = self.read()
            ended = next((key for key in keys if key.name == name and not key.revoked), None)
            if ended is None:
                raise KeyNotFound(f"no key in use is named {name!r}", "`pincite keys list`")
            gone = replace(ended, digest="", revoked=_now())
            self._write(tuple(gone if key is ended else key for key in keys))
        return ended

    def _write(self, keys: tuple[Key, ...]) -> None:
        held = {"format": FORMAT, "keys": [asdict(key) for key in keys]}
        write_durably(self.path, json.dumps(held, indent=1).encode(), mode=0o600)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_LOCKED_S):
                yield
        except Timeout as error:
            raise KeysUnreadable(
                f"another process holds {self.path}", "Try again in a moment."
            ) from error
        except OSError as error:
            raise KeysUnreadable(
                f"the keys can't be written: {error}",
                "See that the disk has room and the folder may be written.",
            ) from error


class Keyring:
    """The keys as a running service holds them: a key made or revoked counts at the next request.

    Args:
        file: where the keys are.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def keys(self) -> tuple[Key, ...]:
        """All keys ever made; where there is none, the service is open.

        Raises:
            KeysUnreadable: the file can't be read, or is gone since it was last read.
        """
        with self._lock:
            stamp = self._stamped()
            if stamp is None and self._stamp is not None:
                raise KeysUnreadable(
                    "the file of the keys is gone",
                    "Put it back; to serve without keys, start the service anew.",
                )
            if stamp != self._stamp:
                self._keys = self._file.read()
                self._stamp = stamp
            return self._keys

    def find(self, token: str) -> Key | None:
        """The key in use that this is, in a time that does not tell how near a wrong one came."""
        digest = _digest(token)
        found = None
        for key in self.keys():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            stat = self._file.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysUnreadable(
                f"the file of the keys can't be reached: {error.strerror}",
                "See that the service may read it.",
            ) from error
        return stat.st_mtime_ns, stat.st_ino, stat.st_size


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
