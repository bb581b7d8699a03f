"""The errors a user can meet.

    SentimentError            exit code 1: the machine or the program could not do what was asked
    |-- StorageError          no room, no permission, a folder that cannot be written
    |-- ExportError           a network with something in it that the exported format does not have
    |-- OverloadedError       more requests at once than the service takes; later it can
    |   `-- LateError         a request that was not answered in its time
    |-- WorkerLostError       one of the processes that train together is gone
    |-- BenchmarkError        a contender that failed, or computed something else
    |-- MissingExtraError     a package that is not in the base install
    `-- UserError             exit code 2: the request cannot be met as it stands
        |-- ReviewsError      reviews that are missing, unreadable, or not what was said of them
        |-- ConfigError       a setting, preset or architecture that does not exist or does not fit
        |-- RunError          a saved run that is missing, incomplete or changed since it was saved
        `-- RequestError      a request to the service that is too large or has nothing to read in it

Every message is one line: what was expected, what was found, what to do. The command line prints the
message without a traceback and exits with `exit_code`.
"""


class SentimentError(Exception):
    """What the program could not do, in one line a person can act on."""

    exit_code = 1


class StorageError(SentimentError):
    """The disk is full, or a folder cannot be written."""


class ExportError(SentimentError):
    """A network has something in it that the exported format does not have."""


class OverloadedError(SentimentError):
    """More requests at once than the service takes; later it can answer."""


class LateError(OverloadedError):
    """A request was not answered within its time."""


class WorkerLostError(SentimentError):
    """One of the processes that train together is gone."""


class BenchmarkError(SentimentError):
    """A contender of a benchmark failed, or computed something else than the others."""


class MissingExtraError(SentimentError, ImportError):
    """A package that is not in the base install is missing; the message names the extra that has it."""


class UserError(SentimentError):
    """The request cannot be met as it stands; changing the request helps."""

    exit_code = 2


class ReviewsError(UserError):
    """Reviews that are missing, unreadable, or not what was said of them."""


class ConfigError(UserError):
    """A setting, preset or architecture that does not exist or does not fit."""


class RunError(UserError):
    """A saved run that is missing, incomplete or changed since it was saved."""


class RequestError(UserError):
    """A request to the service that is too large or has nothing to read in it."""
