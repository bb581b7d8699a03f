"""Files and folders that appear whole or not at all, locks between processes, and one-line errors of the disk.

failures.py    what a full or read-only disk says
locks.py       one process at a time; what processes that were killed have left
pace.py        how often long work saves its state
replacing.py   new files and folders in the place of old ones
"""

from sentiment.support.storage.failures import require_writable, storage_errors
from sentiment.support.storage.locks import NO_LINK, discard, one_at_a_time, short_name
from sentiment.support.storage.pace import checkpoint_seconds
from sentiment.support.storage.replacing import new_file, new_folder, synchronise, write_text

__all__ = [
    "NO_LINK",
    "checkpoint_seconds",
    "discard",
    "new_file",
    "new_folder",
    "one_at_a_time",
    "require_writable",
    "short_name",
    "storage_errors",
    "synchronise",
    "write_text",
]
