"""Ed25519 signatures of manifests (RFC 8032), by the library ``cryptography``, which is an optional extra."""

from __future__ import annotations

import os
from pathlib import Path

from nearpass.archive.archive import Signer
from nearpass.errors import ConfigError

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True


def new_key(path: Path) -> str:
    """Make a private key, readable by its owner alone; its public key in hexadecimal.

    Raises:
        ConfigError: if the file exists or cannot be written, or the library is not installed.
    """
    _need_library()
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"a new key must go into a new file: {error.strerror}", file=str(path)) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    return key.public_key().public_bytes_raw().hex()


def load_signer(path: Path) -> Signer:
    """The signer with a private key.

    Raises:
        ConfigError: if the key cannot be read, others can read it, it is no Ed25519 key, or there is no library.
    """
    _need_library()
    try:
        if path.stat().st_mode & 0o077:
            rule = "the signing key must be its owner's alone: chmod 600, and another key if somebody may have read it"
            raise ConfigError(rule, value=f"{path.stat().st_mode & 0o777:04o}", file=str(path))
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(f"the signing key must be readable: {error.strerror}", file=str(path)) from None
    except (ValueError, TypeError):
        raise ConfigError("the signing key must be a PEM file without a password", file=str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("the signing key must be an Ed25519 key", file=str(path))
    return Signer(public_key=key.public_key().public_bytes_raw().hex(), sign=key.sign)


def holds(public_key: str, data: bytes, signature: bytes) -> bool:
    """Whether a signature was made over these bytes by the owner of a key.

    Args:
        public_key: In hexadecimal.
        data: What was signed.
        signature: In hexadecimal, with a newline at the end.

    Raises:
        ConfigError: if the library is not installed.
    """
    _need_library()
    try:
        raw = bytes.fromhex(signature.decode("ascii"))
        if raw.hex().encode() + b"\n" != signature:  # one spelling only, so that no byte can change unnoticed
            return False
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(raw, data)
    except (ValueError, InvalidSignature):
        return False
    return True


def _need_library() -> None:
    if not INSTALLED:
        raise ConfigError("signatures need the library cryptography: pip install 'nearpass[sign]'")
