"""Evidence records: one archive timestamp over one list, in the form of RFC 4998.

Spec: RFC 4998 sections 3.1, 4.1 and 5.1 (EvidenceRecord, ArchiveTimeStamp without a reduced hash tree).
"""

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped]

from evidence.errors import MalformedError


class _Algorithms(core.SequenceOf):  # type: ignore[misc]
    _child_spec = algos.DigestAlgorithm


class _ArchiveTimeStamp(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012 - the form the base class reads
        ("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}),
        ("time_stamp", cms.ContentInfo),
    ]


class _Chain(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _ArchiveTimeStamp


class _Chains(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Chain


class _EvidenceRecord(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012 - the form the base class reads
        ("version", core.Integer),
        ("digest_algorithms", _Algorithms),
        ("archive_time_stamp_sequence", _Chains),
    ]


def render(response: bytes) -> bytes:
    """The evidence record of data that a timestamp response is about, DER.

    Args:
        response: TimeStampResp over SHA-256 of the data, granted.
    """
    token = tsp.TimeStampResp.load(response)["time_stamp_token"]
    sha256 = {"algorithm": "sha256"}
    stamp = _ArchiveTimeStamp({"digest_algorithm": sha256, "time_stamp": cms.ContentInfo.load(token.dump())})
    record = _EvidenceRecord(
        {
            "version": 1,
            "digest_algorithms": _Algorithms([algos.DigestAlgorithm(sha256)]),
            "archive_time_stamp_sequence": _Chains([_Chain([stamp])]),
        }
    )
    return bytes(record.dump())


def token_of(record: bytes) -> bytes:
    """The timestamp token in an evidence record with one archive timestamp, DER.

    Raises:
        MalformedError: another form.
    """
    try:
        read = _EvidenceRecord.load(record, strict=True)
        chains = read["archive_time_stamp_sequence"]
        found = [bytes(stamp["time_stamp"].dump()) for chain in chains for stamp in chain]
        version = int(read["version"])
    except (ValueError, TypeError) as error:
        raise MalformedError(f"expected an evidence record, got {error}") from error
    if version != 1 or len(found) != 1:
        raise MalformedError(f"expected version 1 with one archive timestamp, got {version} with {len(found)}")
    return found[0]
