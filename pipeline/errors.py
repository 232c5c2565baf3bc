"""Errors of the pipeline."""

from kernel.errors import WangjianError


class ShopListError(WangjianError):
    """A list of shops cannot be read at all (wrong encoding, wrong columns)."""

    code = "pipeline.shop_list"


class ProcessError(WangjianError):
    """A child process did not start, or ended when it should not have."""

    code = "pipeline.process"


class JobKindError(WangjianError):
    """A job asks for work that nobody knows."""

    code = "pipeline.job_kind"


class QueueEntryError(WangjianError):
    """An entry of the queue that is none of ours."""

    code = "pipeline.queue_entry"


class CancelledError(WangjianError):
    """A person stopped the job."""

    code = "pipeline.cancelled"


class UsageError(WangjianError):
    """A command line that cannot be carried out."""

    code = "pipeline.usage"


class CaptureMissingError(WangjianError):
    """A capture that should lie on disk is gone."""

    code = "pipeline.capture_missing"


class PartMissingError(WangjianError):
    """A part of the installation is missing or does not work."""

    code = "pipeline.part_missing"


class DiskFullError(WangjianError):
    """No room for what the job writes; what is recorded stays."""

    code = "pipeline.disk_full"


class FilesError(WangjianError):
    """A file or folder cannot be read or written."""

    code = "pipeline.files"


class NothingTakenError(WangjianError):
    """No page of any shop could be taken."""

    code = "pipeline.nothing_taken"
