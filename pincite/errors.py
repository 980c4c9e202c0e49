"""The errors a user can meet. Each says what is wrong and what to do next."""

from __future__ import annotations


class PinciteError(Exception):
    """Base of every error that is the caller's or the installation's, not a bug.

    Args:
        message: what is wrong, one line.
        hint: what to do next, one line.

    Attributes:
        type: stable machine-readable name, used in the HTTP error body.
        http_status: the HTTP status the error travels under, 4xx or 5xx.
        exit_code: the exit code of the command line, 1..255.
        retry_after_s: seconds after which to try again, where `http_status` is 429 or 503.
    """

    type = "error"
    http_status = 500
    exit_code = 1
    retry_after_s = 5

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidRequest(PinciteError):
    """The request can't be taken as it is: empty, over-long or not of the form."""

    type = "invalid_request"
    http_status = 422
    exit_code = 2


class ArticleNotFound(PinciteError):
    """No article of that id is in the index."""

    type = "article_not_found"
    http_status = 404


class PageNotFound(PinciteError):
    """An article has no such page, or none at all, for its format has none."""

    type = "page_not_found"
    http_status = 404


class CorpusError(PinciteError):
    """The corpus folder, one of its files or its metadata can't be read."""

    type = "corpus_error"


class Unreadable(PinciteError):
    """A document can't be read: of no known format, damaged, locked, empty or over a limit.

    Its message is a reason to stand in brackets behind the document's name.
    """

    type = "unreadable"
    http_status = 422


class IndexMissing(PinciteError):
    """There is no index yet."""

    type = "index_missing"
    http_status = 503


class IndexStale(PinciteError):
    """The index was built by another version or with other models or settings."""

    type = "index_stale"
    http_status = 503


class IndexDamaged(PinciteError):
    """A file of the index is not what its manifest says."""

    type = "index_damaged"
    http_status = 503


class IndexBusy(PinciteError):
    """Another process is building this index."""

    type = "index_busy"
    http_status = 503


class WorkerMissing(PinciteError):
    """A process of the service that a question needs can't be reached."""

    type = "worker_missing"
    http_status = 503


class ShardMissing(WorkerMissing):
    """A shard of the index that holds what is asked for can't be reached."""

    type = "shard_missing"
    http_status = 503


class ModelError(PinciteError):
    """A model is missing, damaged or not of the kind that is needed."""

    type = "model_error"
    http_status = 503


class ServiceBusy(PinciteError):
    """As many questions wait as may.

    Args:
        retry_after_s: when those that wait are likely to be answered.
    """

    type = "service_busy"
    http_status = 503

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "too many questions are waiting", f"Ask again in {retry_after_s} s or later."
        )
        self.retry_after_s = retry_after_s


class ClientGone(PinciteError):
    """The client hung up before its answer was there."""

    type = "client_gone"
    http_status = 499  # as nginx logs it; nobody is left to read it


class InvalidData(PinciteError):
    """A file of training or benchmark data is not of the form that is asked for."""

    type = "invalid_data"
    exit_code = 2


class MissingExtra(PinciteError):
    """An optional package is needed for what was asked."""

    type = "missing_extra"


class ServiceError(PinciteError):
    """A running Pincite service can't be reached or answered with an error."""

    type = "service_error"
    http_status = 502


class CollectionNotFound(PinciteError):
    """No collection of that name was made."""

    type = "collection_not_found"
    http_status = 404


class CollectionTaken(PinciteError):
    """The collection was made of another folder, which is not to be replaced unasked."""

    type = "collection_taken"
    http_status = 409


class DocumentsDamaged(PinciteError):
    """The documents of a collection, which nothing else can be rebuilt without, are not whole."""

    type = "documents_damaged"
    http_status = 503


class DocumentsNewer(PinciteError):
    """A newer version of Pincite has written the documents of a collection."""

    type = "documents_newer"
    http_status = 503


class StorageFailed(PinciteError):
    """The disk is full, read-only or failing; nothing was changed."""

    type = "storage_failed"
    http_status = 507
