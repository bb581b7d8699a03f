"""Reviews that are larger than memory: tokenised once into files that are mapped, and read from there in windows.

rows.py        the rows of one file or of many
survey.py      the first reading: labels, a sample for the vocabulary, and how many there are
writing.py     the second reading: token ids, in shards by the hash of the text
making.py      both readings, from a source to a folder
folder.py      a folder of shards as it is read
batches.py     batches of an epoch, shuffled in windows

A hash of the text decides the split and the shard of a row. So duplicates meet in one shard and are dropped there, and
the order of the source, which is often sorted by label, is gone. All of it takes memory that does not grow with rows.
"""

from sentiment.shards.batches import ShardBatches
from sentiment.shards.folder import Shards, is_shards
from sentiment.shards.making import write_shards

__all__ = ["ShardBatches", "Shards", "is_shards", "write_shards"]
