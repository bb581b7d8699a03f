"""Commands for much data: `shard`, which tokenises what is larger than memory, and `pretrain`, which reads most."""

from sentiment.cli.large.pretraining import pretrain
from sentiment.cli.large.sharding import shard, shards_of

__all__ = ["pretrain", "shard", "shards_of"]
