"""Fingerprints recognise the texts that a run was trained on, and no others."""

import numpy as np
import pytest

from sentiment.data.fingerprints import LEARNT, count_known, fingerprints, known, require_unfamiliar, save_learnt
from sentiment.errors import ConfigError, RunError


def test_fingerprints_recognise_training_texts_and_no_others(tmp_path):
    save_learnt(tmp_path, ["a fine film", "a dull film"])
    assert known(tmp_path, ["a dull film", "a new film", "a fine film", "A fine film"]).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_a_fingerprint_has_four_bytes_and_no_text(tmp_path):
    save_learnt(tmp_path, [f"film {i}" for i in range(1_000)])
    assert np.load(tmp_path / LEARNT).nbytes == 4_000
    assert b"film" not in (tmp_path / LEARNT).read_bytes()


def test_a_fingerprint_is_kept_once_and_of_no_text_none(tmp_path):
    save_learnt(tmp_path, ["a film", "another", "a film", "a film"])
    assert len(np.load(tmp_path / LEARNT)) == 2
    save_learnt(tmp_path, [])
    assert len(np.load(tmp_path / LEARNT)) == 0


def test_a_run_also_recognises_the_texts_of_its_teachers_and_its_encoder(tmp_path):
    encoder, teacher, nameless, run = (tmp_path / name for name in ("encoder", "teacher", "nameless", "run"))
    for folder in (encoder, teacher, nameless, run):
        folder.mkdir()
    save_learnt(encoder, ["a read film"])
    save_learnt(teacher, ["a judged film"], [encoder])
    save_learnt(run, ["an own film"], [teacher, nameless])
    texts = ["an own film", "a judged film", "a read film", "a new film"]
    assert known(run, texts).tolist() == [True, True, True, False]


def test_without_fingerprints_no_text_is_recognised(tmp_path):
    assert known(tmp_path, ["a film", "another"]).tolist() == [False, False]


def test_at_most_one_text_in_a_hundred_matches_by_chance(tmp_path):
    test = [f"film {i}" for i in range(200)]
    save_learnt(tmp_path, test[:2])
    require_unfamiliar(test, [tmp_path])
    save_learnt(tmp_path, test[:3])
    with pytest.raises(ConfigError, match="none of the 200 test reviews; found that it has learnt from 3 of them"):
        require_unfamiliar(test, [tmp_path])


def test_what_60_million_reviews_match_by_chance_is_not_taken_for_learnt(tmp_path):
    test = [f"film {i}" for i in range(5_000)]
    new_to_them = np.arange(0, 2**32, 72, dtype="<u4")  # the fingerprints of texts fall anywhere
    np.save(tmp_path / LEARNT, new_to_them)
    assert known(tmp_path, test).mean() > 0.01
    require_unfamiliar(test, [tmp_path])
    np.save(tmp_path / LEARNT, np.concatenate([new_to_them, fingerprints(test[:100])]))
    with pytest.raises(ConfigError, match=r"of the 5,000 test .*; found that it has learnt from [01]\d\d? of them"):
        require_unfamiliar(test, [tmp_path])
    np.save(tmp_path / LEARNT, np.concatenate([new_to_them, fingerprints(test)]))
    assert count_known(tmp_path, test) == 5_000


def test_an_origin_that_is_not_there_is_not_taken_for_one_that_has_read_nothing(tmp_path):
    with pytest.raises(RunError, match=r"expected the run or encoder that another .* from at .*gone; found no"):
        save_learnt(tmp_path, ["a fine film"], [tmp_path / "gone"])
