"""Training on shards, or on several workers: networks alone, because the baselines read all texts at once.

Shards -> encode_shards -> train (first worker), follow (the others) -> SavedRun of each architecture
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from sentiment.config import OURS, Config
from sentiment.data.dataset import account
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.distributed import ALONE, Workers
from sentiment.errors import ConfigError
from sentiment.experiments.places import require_one_source, require_place
from sentiment.experiments.plan import starts_of
from sentiment.networks.architectures import architecture
from sentiment.runs.saved_run import SavedRun
from sentiment.shards import Shards
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import require_writable
from sentiment.support.threads import settle
from sentiment.training.classifier import follow, train
from sentiment.training.encoders import Encoder
from sentiment.training.encoding import encode_shards
from sentiment.training.saving import is_trained


def train_on_shards(
    shards: Shards,
    config: Config,
    names: Sequence[str] | None,
    seeds: Iterable[int],
    models: Path,
    report: TrainingProgress,
    *,
    encoders: Sequence[Encoder] = (),
    chosen: Collection[str] = (),
    again: bool = False,
    workers: Workers = ALONE,
) -> list[SavedRun]:
    """Trains architectures on the reviews of a folder of shards.

    Args:
        shards: with labels.
        config: settings shared by all; classes, vocabulary, architecture and seed are replaced.
        names: of the architectures; None: the custom LSTM, or those that fit the encoders.
        seeds: each architecture is trained with each of them.
        models: folder of all datasets.
        report: receives every step, epoch and note.
        encoders: what the architectures that fit them start from.
        chosen: names of settings that the user has set.
        again: train also what is there already.
        workers: that train together, each in a process that calls this.

    Returns:
        The runs; none in another worker than the first.

    Raises:
        ConfigError: an unknown architecture, or one without an encoder; a setting that needs texts; the place of a run
            is taken; training diverged.
        RunError: an encoder has another vocabulary.
        StorageError: the disk is full or cannot be written.
        WorkerLostError: another worker is gone.
    """
    starts = starts_of(encoders)
    selected = list(dict.fromkeys(architecture(name).name for name in names or starts or [OURS]))
    if starts and (lacking := [name for name in selected if name not in starts]):
        raise ConfigError(
            f"expected architectures that can start from the encoders, {', '.join(starts)}; found {', '.join(lacking)}"
        )
    folder = models / shards.info.name
    require_writable(folder)
    if not again:
        require_one_source(folder, shards.info)
    settle(loops=any(name != OURS for name in selected))
    report.note(account(asdict(shards.info)))
    report.note("no baselines: they read all texts at once")
    runs = []
    for seed in seeds:
        for name in selected:
            encoder = starts.get(name)
            sized = encoder.sized(config) if encoder else config
            settings = sized.replace(classes=shards.info.classes, architecture=name, seed=seed)
            encoded = encode_shards(shards, settings.tokenizer, encoder)
            start = encoder and encoder.for_classifier(settings)
            if not workers.is_first:
                follow(encoded, settings, folder, start, workers)
                continue
            require_unfamiliar(encoded.splits.test.texts, [encoder.folder] if encoder else [])
            if not again:
                for line in require_place(settings, folder, shards.info, renew=False):
                    report.note(line)
                if is_trained(settings, encoded.splits, folder):
                    report.note(f"{settings.name} is there already, trained with these settings on these reviews")
            runs.append(train(encoded, settings, folder, report, start, None, (), chosen, again=again, workers=workers))
    return runs
