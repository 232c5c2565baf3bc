"""Evidence in an S3 bucket: put once (If-None-Match), kept under object lock where the bucket has it.

The service's own checksum is asked for at writing; at reading we trust only our own digest.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from evidence.errors import (
    StoreConflictError,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
    StoreMissingError,
)
from evidence.storage_term import years_after
from evidence.store_files import KEY, QUARANTINE, damaged, disk_error, fetch_into, quarantine_name, require_key
from kernel.clock import now
from kernel.config import Settings
from kernel.crypto import CHUNK_BYTES, digest_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PUT_BYTES = 5_000_000_000
TAKEN = frozenset(("PreconditionFailed", "ConditionalRequestConflict", "412", "409"))
LOCKED = frozenset(("AccessDenied", "403", "MethodNotAllowed", "InvalidRequest"))
MISSING = frozenset(("404", "NoSuchKey", "NotFound"))


class S3Store:
    """Objects ``<prefix>/<first two digits>/<key>`` in one bucket.

    Args:
        settings: ``evidence_store_url`` (``s3://bucket/prefix``), ``s3_endpoint_url``, ``s3_access_key``,
            ``s3_secret_key``; without keys the machine's own S3 credentials are used.
        url: of another bucket than that setting's.

    Raises:
        StoreError: the bucket is not there or does not answer.
    """

    def __init__(self, settings: Settings, url: str = "") -> None:
        bucket, _, prefix = (url or settings.evidence_store_url).removeprefix("s3://").partition("/")
        self._bucket, self._prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._years = settings.retention_years
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint_url or None,
            aws_access_key_id=settings.s3_access_key.get_secret_value() or None,
            aws_secret_access_key=settings.s3_secret_key.get_secret_value() or None,
            region_name="us-east-1" if settings.s3_endpoint_url else None,
            config=Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 3, "mode": "standard"}),
        )
        try:
            self._client.head_bucket(Bucket=bucket)
        except (ClientError, BotoCoreError) as error:
            raise self._unusable(error) from error
        self.locked = self._has_lock()

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            f"expected the bucket {self._bucket} to answer, got {error}",
            hint="Check WANGJIAN_EVIDENCE_STORE_URL, WANGJIAN_S3_ENDPOINT_URL and the keys.",
        )

    def _has_lock(self) -> bool:
        try:
            answer = self._client.get_object_lock_configuration(Bucket=self._bucket)
        except ClientError:
            return False
        return answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"

    def name(self, key: str) -> str:
        """The object's name in the bucket."""
        require_key(key)
        return f"{self._prefix}{key[:2]}/{key}"

    def put(self, path: Path, *, sha256: str, until: datetime | None = None) -> str:
        """As ``Store.put``."""
        self._require_bytes(path, sha256)
        if not self.exists(sha256):
            self._upload(path, sha256, until, IfNoneMatch="*")
        self.check(sha256)
        return sha256

    def _require_bytes(self, path: Path, sha256: str) -> None:
        require_key(sha256)
        try:
            found, size = digest_file(path)["sha256"], path.stat().st_size
        except OSError as error:
            raise disk_error(error, path) from error
        if found != sha256:
            raise StoreConflictError(f"expected bytes with digest {sha256[:12]}…, got {found[:12]}…")
        if size > MAX_PUT_BYTES:
            raise StoreError(f"expected at most {MAX_PUT_BYTES} bytes for one object, got {size}")

    def _upload(self, path: Path, sha256: str, until: datetime | None, **options: str) -> None:
        lock: dict[str, Any] = dict(options)
        until = until or years_after(now(), self._years)
        if self.locked and until > now():
            lock |= {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        try:
            with path.open("rb") as source:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self.name(sha256),
                    Body=source,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                    **lock,
                )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in TAKEN:
                raise self._unusable(error) from error
        except BotoCoreError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _answering(self, key: str) -> Iterator[None]:
        """Name what the service says of an object."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in MISSING:
                raise StoreMissingError(f"expected an object {key[:12]}… in {self._bucket}, got none") from error
            if code in LOCKED:
                raise StoreLockedError(
                    f"expected {self._bucket} to let go of {key[:12]}…, got {error}",
                    hint="Its object lock ends with the storage term; a legal hold has to be released first.",
                ) from error
            raise self._unusable(error) from error
        except BotoCoreError as error:
            raise self._unusable(error) from error

    def restore(self, path: Path, *, sha256: str, at: datetime, until: datetime | None = None) -> str:
        """As ``Store.restore``; where the bucket keeps versions the damaged one stays as an older one too."""
        self._require_bytes(path, sha256)
        kept = ""
        if self.exists(sha256):
            try:
                self.check(sha256)
            except StoreDamagedError:
                kept = self._quarantine(sha256, at)
            else:
                return ""
        self._upload(path, sha256, until)
        self.check(sha256)
        return kept

    def _quarantine(self, key: str, at: datetime) -> str:
        kept = f"{self._prefix}{QUARANTINE}/{quarantine_name(key, at)}"
        with self._answering(key):
            self._client.copy_object(
                Bucket=self._bucket, Key=kept, CopySource={"Bucket": self._bucket, "Key": self.name(key)}
            )
        return f"s3://{self._bucket}/{kept}"

    def set_aside(self, key: str, *, at: datetime) -> str:
        """As ``Store.set_aside``."""
        kept = self._quarantine(key, at)
        try:
            self._erase_below(self.name(key), key)
        except StoreLockedError:
            # The bucket keeps it where it is: then there is no reason for a second one.
            self._erase_below(kept.removeprefix(f"s3://{self._bucket}/"), key)
            raise
        return kept

    def erase(self, key: str) -> None:
        """As ``Store.erase``: every version, and delete markers."""
        self._erase_below(self.name(key), key)
        self._erase_below(f"{self._prefix}{QUARANTINE}/{key}.", key)

    def _erase_below(self, start: str, key: str) -> None:
        with self._answering(key):
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=start)
            for page in pages:
                for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    self._client.delete_object(Bucket=self._bucket, Key=item["Key"], VersionId=item["VersionId"])

    def retain(self, key: str, until: datetime) -> None:
        """As ``Store.retain``."""
        with self._answering(key):
            found = self._client.head_object(Bucket=self._bucket, Key=self.name(key))
            present = found.get("ObjectLockRetainUntilDate", datetime.min.replace(tzinfo=UTC))
            # The service keeps whole seconds.
            if self.locked and until > now() and present < until.replace(microsecond=0):
                self._client.put_object_retention(
                    Bucket=self._bucket,
                    Key=self.name(key),
                    Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
                )

    def hold(self, key: str, *, on: bool) -> None:
        """As ``Store.hold``."""
        with self._answering(key):
            self._client.head_object(Bucket=self._bucket, Key=self.name(key))
            if self.locked:
                self._client.put_object_legal_hold(
                    Bucket=self._bucket, Key=self.name(key), LegalHold={"Status": "ON" if on else "OFF"}
                )

    def stored_at(self, key: str) -> datetime:
        """As ``Store.stored_at``."""
        with self._answering(key):
            return self._client.head_object(Bucket=self._bucket, Key=self.name(key))["LastModified"].astimezone(UTC)

    def _open(self, key: str) -> BinaryIO:
        try:
            return cast("BinaryIO", self._client.get_object(Bucket=self._bucket, Key=self.name(key))["Body"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in MISSING:
                raise StoreMissingError(f"expected an object {key[:12]}… in {self._bucket}, got none") from error
            raise self._unusable(error) from error
        except BotoCoreError as error:
            raise self._unusable(error) from error

    def fetch(self, key: str, to: Path) -> Path:
        """As ``Store.fetch``."""
        with self._open(key) as source:
            try:
                return fetch_into(to, source, key)
            except OSError as error:
                raise disk_error(error, to.parent) from error
            except BotoCoreError as error:
                raise self._unusable(error) from error

    def check(self, key: str) -> int:
        """As ``Store.check``."""
        digest, size = hashlib.sha256(), 0
        with self._open(key) as source:
            try:
                while chunk := source.read(CHUNK_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
            except BotoCoreError as error:
                raise self._unusable(error) from error
        if digest.hexdigest() != key:
            raise damaged(key, digest.hexdigest())
        return size

    def exists(self, key: str) -> bool:
        """As ``Store.exists``."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self.name(key))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in MISSING:
                return False
            raise self._unusable(error) from error
        except BotoCoreError as error:
            raise self._unusable(error) from error
        return True

    def keys(self) -> Iterator[str]:
        """As ``Store.keys``."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        try:
            for page in pages:
                for item in page.get("Contents", []):
                    name = item["Key"].rpartition("/")[2]
                    if KEY.fullmatch(name):
                        yield name
        except (ClientError, BotoCoreError) as error:
            raise self._unusable(error) from error
