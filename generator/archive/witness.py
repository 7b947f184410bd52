"""Witnesses: what others say of the archive's head, kept in ``archive/witnesses/``.

A counter-signature is a small JSON file: a partner signed the hash of the newest entry with a key of its own. A time
stamp (RFC 3161) is the answer of a time-stamping authority over the newest entry's file, as it came. With either of
them elsewhere, the archive cannot be put back to an earlier state unseen. The libraries are in the extra ``sign``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nearpass.archive.archive import Signer
from nearpass.archive.durable import canonical_json
from nearpass.archive.signature import holds
from nearpass.errors import ArchiveError, ConfigError

try:
    from cryptography import x509
    from rfc3161_client import (
        HashAlgorithm,
        TimestampRequestBuilder,
        TimeStampResponse,
        VerificationError,
        VerifierBuilder,
        decode_timestamp_response,
    )
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True

SCHEMA: Final = 1
SUBJECT: Final = "counter-signature of the head of an archive of nearpass"
"""Part of what is signed, so that the signature can be taken for nothing else."""
Texts = Callable[[str], bytes | None]
"""The bytes of the archive's entry that has a SHA-256; None if none has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who vouches for which entry, since when. ``public_key`` is None for a time stamp."""

    who: str
    head_sha256: str
    at_utc: str
    public_key: str | None


def counter_signature(head_sha256: str, party: str, at_utc: str, signer: Signer) -> bytes:
    """A partner's signature over the head, as the file that it hands to the publisher."""
    plain: dict[str, Any] = {
        "schema": SCHEMA, "subject": SUBJECT, "head_sha256": head_sha256, "party": party, "at_utc": at_utc,
        "signed_by": signer.public_key,
    }  # fmt: skip
    return canonical_json({**plain, "signature": signer.sign(canonical_json(plain)).hex()})


def read_witness(data: bytes, file: str, texts: Texts, roots: Sequence[bytes]) -> Witness:
    """A counter-signature or a time stamp, checked.

    Args:
        data: The file.
        file: Its name, which tells the two apart: ``.json`` or ``.tsr``.
        texts: The archive's entries by hash.
        roots: Certificates of time-stamping authorities (PEM); with none, whose stamp it is stays unchecked.

    Raises:
        ArchiveError: if it is neither, or does not hold.
    """
    if file.endswith(".tsr"):
        return _stamp(data, file, texts, roots)
    try:
        plain = json.loads(data)
        unsigned = {name: value for name, value in plain.items() if name != "signature"}
        signature = f"{plain['signature']}\n".encode()
        witness = Witness(
            who=str(plain["party"]), head_sha256=str(plain["head_sha256"]), at_utc=str(plain["at_utc"]),
            public_key=str(plain["signed_by"]),
        )  # fmt: skip
        is_ours = plain["schema"] == SCHEMA and plain["subject"] == SUBJECT and canonical_json(plain) == data
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArchiveError("a counter-signature must be a file of nearpass countersign", file=file) from None
    if not is_ours or not holds(witness.public_key or "", canonical_json(unsigned), signature):
        raise ArchiveError("a counter-signature must be signed by the key that it names", file=file)
    return witness


def stamp_request(text: bytes) -> bytes:
    """The question to a time-stamping authority about an entry; it holds the entry's hash and nothing else.

    Raises:
        ConfigError: if the library is not installed.
    """
    _need_library()
    builder = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=True).nonce(nonce=False).build().as_bytes()


def _stamp(data: bytes, file: str, texts: Texts, roots: Sequence[bytes]) -> Witness:
    _need_library()
    try:
        answer = decode_timestamp_response(data)
        head = answer.tst_info.message_imprint.message.hex()
        at_utc = f"{answer.tst_info.gen_time:%Y-%m-%dT%H:%M:%SZ}"
    except ValueError as error:
        raise ArchiveError(f"a time stamp must be an answer by RFC 3161: {error}", file=file) from None
    text = texts(head)
    if roots and text is not None:
        _check_stamp(answer, text, file, roots)
    who = "a time-stamping authority" + ("" if roots else ", unchecked without its certificate")
    return Witness(who=f"{who}, {at_utc}", head_sha256=head, at_utc=at_utc, public_key=None)


def _check_stamp(answer: TimeStampResponse, text: bytes, file: str, roots: Sequence[bytes]) -> None:
    builder = VerifierBuilder()
    try:
        for certificate in (found for pem in roots for found in x509.load_pem_x509_certificates(pem)):
            builder = builder.add_root_certificate(certificate)
        verifier = builder.build()
    except ValueError as error:
        raise ConfigError(f"the certificate of a time-stamping authority must be PEM: {error}") from None
    try:
        verifier.verify_message(answer, text)
    except VerificationError as error:
        raise ArchiveError(f"a time stamp must be signed by one of the authorities given: {error}", file=file) from None


def _need_library() -> None:
    if not INSTALLED:
        raise ConfigError("time stamps need the library rfc3161-client: pip install 'nearpass[sign]'")
