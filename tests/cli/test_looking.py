"""`sentiment look` shows on one screen what is in a file and how it would be read."""

import json

import pytest

from helpers.command_line import refused, sentiment
from sentiment.data.files.recognition.survey import survey


def films(path, rows=40, header="review,stars\n", encoding="utf-8"):
    body = "".join(f"film {'no' * (n % 3)} {n},{n % 5 + 1}\n" for n in range(rows))
    path.write_bytes((header + body).encode(encoding))
    return path


def test_kind_rows_columns_labels_and_lengths_are_shown(tmp_path):
    path = films(tmp_path / "films.csv")
    with path.open("a") as file:
        file.write("film  0,1\nfilm  0,2\n<br />,3\n")
    done = sentiment("look", path)
    assert done.returncode == 0
    shown = {line[:11].strip(): line[12:] for line in done.stdout.splitlines()}
    assert shown["file"] == f"{path}: .csv"
    assert shown["rows"] == "43"
    assert shown["columns"] == "review, stars"
    assert shown["text"] == "'review' (usual name)"
    assert shown["label"] == "'stars' (usual name)"
    assert shown["labels"] == "1 9, 2 9, 3 9, 4 8, 5 8"
    assert shown["classes"] == "stars, in order; 1: 9; 2: 9; 3: 9; 4: 8; 5: 8"
    assert shown["words"].startswith("3 in the middle text")
    assert shown["blank"] == "1 texts"
    assert shown["repeated"] == "2 rows repeat a text; 1 texts have several labels"
    assert done.stderr.splitlines() == [
        f"train on it: sentiment train --data {path} --rejects rejects.csv",
        "rows without a text or a label go to rejects.csv; without --rejects, training refuses them",
    ]
    assert len(done.stdout.splitlines()) < 24


def test_what_is_guessed_is_said_and_an_option_decides(tmp_path):
    path = films(tmp_path / "films.csv", header="review;stars\nna\u00efve;3\n", encoding="latin-1")
    path.write_bytes(path.read_bytes().replace(b",", b";"))
    notes = sentiment("look", path).stderr
    assert "its encoding is guessed as cp1252 ('naïve' in line 2)" in notes
    assert "has semicolons between its fields, not commas" in notes
    assert "its encoding is guessed" not in sentiment("look", path, "--encoding", "latin-1").stderr


def test_a_file_without_a_certain_column_is_shown_with_the_reason(tmp_path):
    done = sentiment("look", films(tmp_path / "films.csv", header="a,b\n"))
    assert done.returncode == 0
    assert "text        no column is certain" in done.stdout
    assert "say which one with --text-column" in done.stderr
    assert "train on it" not in done.stderr
    named = sentiment("look", tmp_path / "films.csv", "--text-column", "1", "--label-column", "b").stdout
    assert "text        'a' (named)" in named


def test_of_a_large_file_the_first_rows_are_looked_at_which_is_said(tmp_path):
    path = films(tmp_path / "films.csv", rows=5_000)
    seen = survey(path, rows=1_000)
    assert (seen.rows, seen.whole) == (1_000, False)
    assert 3_000 < seen.estimated_rows < 8_000
    assert sum(seen.labels.values()) == 1_000
    assert survey(path, rows=5_000).whole


def test_the_survey_is_printed_as_json(tmp_path):
    found = json.loads(sentiment("look", films(tmp_path / "films.csv"), "--json").stdout)
    assert found["columns"] == ["review", "stars"]
    assert found["text"]["positions"] == [0]
    assert found["labels"] == {str(star): 8 for star in range(1, 6)}


@pytest.mark.parametrize("name", ["nowhere.csv", "films.docx"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name):
    if name == "films.docx":
        films(tmp_path / name)
    refused(sentiment("look", tmp_path / name), name)


def test_classes_languages_and_known_words_are_shown(tmp_path):
    german = [f"Das war ein wirklich guter Film, den ich gerne noch einmal sehe, Nummer {n}" for n in range(20)]
    english = [f"This was a really good film that I would gladly see again, number {n}" for n in range(20)]
    rows = [f'"{text}",{n % 2}\n' for n, text in enumerate([*german, *english])]
    (tmp_path / "films.csv").write_text("review,label\n" + "".join(rows))
    seen = json.loads(sentiment("look", tmp_path / "films.csv", "--json").stdout)
    assert seen["classes"] == "negative and positive; negative (0): 20; positive (1): 20"
    assert seen["languages"] == {"German": 20, "English": 20} or seen["languages"] == {"English": 20, "German": 20}
    assert 0.3 < seen["known"]["judged"] < 0.7
    assert 0.3 < seen["known"]["share"] < 0.9
    assert "sample" not in seen


def test_labels_that_can_be_read_in_several_ways_are_shown_with_the_option_that_decides(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("review,label\n" + "".join(f"film {n},{n % 3}\n" for n in range(30)))
    done = sentiment("look", path)
    assert "classes     not certain, see below" in done.stdout
    assert "--labels '0=negative; 1=neutral; 2=positive'" in done.stderr
    assert "train on it" not in done.stderr
    named = sentiment("look", path, "--labels", "0=negative; 1=neutral; 2=positive")
    assert "classes     as named, in order; negative (0): 10; neutral (1): 10; positive (2): 10" in named.stdout
    assert "train on it: sentiment train --data" in named.stderr
    assert "--labels '0=negative; 1=neutral; 2=positive'" in named.stderr


def test_a_header_without_rows_is_nothing_to_train_on(tmp_path):
    (tmp_path / "films.csv").write_text("review,label\n")
    done = sentiment("look", tmp_path / "films.csv")
    assert (done.returncode, done.stderr) == (
        0,
        "there are no rows below the header, so there is nothing to train on\n",
    )


def test_a_file_with_too_few_labelled_rows_to_train_on_is_told_so(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("review,label\n" + "".join(f"film {n},{n % 2}\n" for n in range(19)))
    few = sentiment("look", path)
    assert "training needs at least 20 labelled rows; this file has 19" in few.stderr
    assert "train on it" not in few.stderr
    refused(sentiment("train", "--data", path, "--models", tmp_path / "models"), "at least 20")
    path.write_text(path.read_text() + "film 19,1\n")
    assert "train on it" in sentiment("look", path).stderr


def test_a_missing_folder_is_called_missing(tmp_path):
    for place in (tmp_path / "none", f"{tmp_path}/none/", tmp_path / "none.csv"):
        refused(sentiment("look", place), "found no such file or folder")
