"""Which parts of a job are finished, so that a job that was stopped or killed goes on where it was.

    _work/job.json           what decides the output: the run, the options, the files
    _work/finished/*.json    a receipt for each finished part, see `sentiment.scoring.job`
    _manifest.json           both together, when all parts are finished; `_work` is deleted then

Each file appears whole or not at all. Names that begin with "_" are no data for Spark, Ray and Arrow.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sentiment.errors import StorageError, UserError
from sentiment.scoring.job import FINISHED, REJECTED, Receipt
from sentiment.scoring.outputs import Output
from sentiment.scoring.parts import Part

JOB = "_work/job.json"
MANIFEST = "_manifest.json"
_SHOWN = 3  # differences in a message
_OF_INPUT = ("file", "bytes", "changed")  # fields of a file, see `running`
_LONGEST, _BEFORE = 60, 20  # characters of a value in it, and of those before the first that differs


@dataclass
class Manifest:
    """The state of a job in its folder; made by `begin`.

    Attributes:
        suffix: of the output of a part, such as ".csv".
        finished: receipts by the name of the part.
        complete: whether the whole job was finished before.
    """

    output: Output
    identity: dict[str, Any]
    suffix: str
    finished: dict[str, Receipt]
    complete: bool = False

    def unfinished(self, parts: Iterable[Part]) -> list[Part]:
        """The parts that are not finished, in order."""
        return [part for part in parts if part.name not in self.finished]

    def add(self, receipt: Receipt) -> None:
        """A worker has finished a part, and has stored its receipt."""
        self.finished[receipt.part] = receipt

    def complete_with(self, parts: Sequence[Part]) -> None:
        """Writes the manifest of all parts and deletes the single receipts.

        Raises:
            StorageError: it cannot be written, or the output of a part is not there.
        """
        present = _present(self.output, self.finished, self.suffix)
        if absent := [part.name for part in parts if part.name not in present]:
            raise StorageError(
                f"expected the output of all {len(parts):,} parts in {self.output}; found that {len(absent):,} are not "
                f"whole or not there, first {absent[0]}{self.suffix}; where several machines score, name a folder that "
                "they share, or an address, for --output"
            )
        receipts = [json.loads(self.finished[part.name].to_json()) for part in parts]
        for receipt in receipts:
            receipt.pop("error")
        with self.output.new(MANIFEST) as path:
            path.write_text(json.dumps({**self.identity, "parts": receipts}, indent=1) + "\n", encoding="utf-8")
        self.output.delete([*(f"{FINISHED}/{part.name}.json" for part in parts), JOB])
        self.complete = True


def begin(output: Output, identity: dict[str, Any], suffix: str) -> Manifest:
    """Begins a job in a folder, or goes on with it.

    Args:
        output: the folder.
        identity: what decides the output, as JSON has it.
        suffix: of the output of a part, such as ".csv".

    Raises:
        UserError: the folder has the output of another job, or other files.
        StorageError: it cannot be read or written.
    """
    identity = json.loads(json.dumps(identity))
    if (content := output.read(MANIFEST)) is not None:
        stored = _json(output, MANIFEST, content)
        receipts = {entry["part"]: Receipt(**entry) for entry in stored.pop("parts", ())}
        _require_same(output, stored, identity)
        finished = _present(output, receipts, suffix)
        return Manifest(output, identity, suffix, finished, complete=len(finished) == len(receipts))
    if (content := output.read(JOB)) is not None:
        _require_same(output, _json(output, JOB, content), identity)
        names = output.names(FINISHED)
        entries = [(name, output.read(f"{FINISHED}/{name}")) for name in names if name.endswith(".json")]
        stored_receipts = [Receipt(**_json(output, name, entry)) for name, entry in entries if entry]
        receipts = {receipt.part: receipt for receipt in stored_receipts}
        return Manifest(output, identity, suffix, _present(output, receipts, suffix))
    if strangers := [name for name in output.names() if not name.startswith(".")]:
        raise UserError(
            f"expected an empty or new folder for --output; found {strangers[0]} in {output}, which no job of "
            "`sentiment score` has written; name another folder"
        )
    with output.new(JOB) as path:
        path.write_text(json.dumps(identity, indent=1), encoding="utf-8")
    return Manifest(output, identity, suffix, {})


def _present(output: Output, receipts: dict[str, Receipt], suffix: str) -> dict[str, Receipt]:
    """The receipts whose output is there, as long as it was."""
    sizes = output.names()
    rejected = output.names(REJECTED)
    return {
        part: receipt
        for part, receipt in receipts.items()
        if sizes.get(part + suffix) == receipt.size and (not receipt.rejected or f"{part}.jsonl" in rejected)
    }


def _json(output: Output, name: str, content: bytes) -> dict[str, Any]:
    try:
        stored = json.loads(content)
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise StorageError(f"expected the state of a job in {output}, {name}; found other content; name another folder")
    return stored


def _require_same(output: Output, stored: dict[str, Any], identity: dict[str, Any]) -> None:
    differing = [key for key in (stored | identity) if stored.get(key) != identity.get(key)]
    if differing:
        shown = "; ".join(_difference(key, stored.get(key), identity.get(key)) for key in differing[:_SHOWN])
        raise UserError(
            f"expected the job that {output} was begun with; found another ({shown}); name another folder for "
            "--output, or delete that one"
        )


def _difference(name: str, there: Any, here: Any) -> str:
    """How a value differs between two jobs; of the files of the input, how the first one that differs does."""
    if name == "input" and isinstance(there, list):
        files: Iterable[tuple[dict[str, Any], dict[str, Any]]] = zip_longest(there, here, fillvalue={})
        number, (before, now) = next((number, pair) for number, pair in enumerate(files, 1) if pair[0] != pair[1])
        field = next((field for field in _OF_INPUT if before.get(field) != now.get(field)), "file")
        if field == "file":
            return f"{name} {number}: {before.get(field, 'no file')} there, {now.get(field, 'no file')} here"
        return _difference(f"{name} {number}, {field} of {now['file']}", before.get(field), now.get(field))
    texts = [json.dumps(value) for value in (there, here)]
    differing = next((at for at, (old, new) in enumerate(zip(*texts, strict=False)) if old != new), 0)
    if differing > _BEFORE and max(map(len, texts)) > _LONGEST:
        texts = [f"...{text[differing - _BEFORE :]}" for text in texts]
    old, new = (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for text in texts)
    return f"{name}: {old} there, {new} here"
