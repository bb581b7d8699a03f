"""What a training cost with all it was built from: nothing twice, and nothing made up."""

import json
from pathlib import Path

from sentiment.runs.training_time import built_from, cost, together, total, with_own


def test_what_two_share_counts_once() -> None:
    encoder = cost("encoder", "e" * 64, 100.0)
    a, b = encoder | cost("a", "a" * 64, 1.0), encoder | cost("b", "b" * 64, 2.0)
    assert total(together([a, b])) == 103.0


def test_seconds_that_are_not_known_make_the_sum_unknown() -> None:
    assert total(cost("a", "a" * 64, 1.0) | {"something": None}) is None
    assert total({}) == 0.0


def test_a_result_that_was_saved_without_them_is_unknown_only_if_it_was_built_from_something() -> None:
    def saved(**config: str) -> dict:
        return {"name": "run", "identity": {"config": config}}

    assert built_from(saved(encoder="", teachers="")) == {}
    assert built_from({"name": "nb-svm"}) == {}
    assert total(built_from(saved(encoder="e" * 64))) is None
    assert total(built_from(saved(teachers="nb-svm 0123456789abcdef"))) is None


def test_a_run_costs_itself_and_what_it_was_built_from(tmp_path: Path) -> None:
    metrics = {"name": "run", "train_seconds": 5.0, "built_from": {"encoder 0123456789abcdef": 100.0}}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    assert total(with_own(tmp_path, metrics)) == 105.0
