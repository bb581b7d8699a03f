"""Where the bytes of a file come from: from the disk or an address, and out of a compressed file.

`Source` is what every kind of file is opened from. Imports neither fsspec nor zstd before a file needs them.
"""

from sentiment.data.files.sources.packing import PACKINGS, packing_of
from sentiment.data.files.sources.remote import is_remote, name_of, shown
from sentiment.data.files.sources.source import Source

__all__ = ["PACKINGS", "Source", "is_remote", "name_of", "packing_of", "shown"]
