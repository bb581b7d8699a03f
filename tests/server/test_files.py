"""A file of reviews is uploaded and returned with predictions; the page works as a form without JavaScript."""

import bz2
import csv
import errno
import gzip
import io
import json
import lzma
import re
import subprocess
import zipfile

import openpyxl
import pandas as pd
import pytest
from backports import zstd

from helpers.serving import calling
from helpers.trained import THREE, TOPICS
from sentiment.config import POLARITY
from sentiment.data.files.sources import source
from sentiment.inference.prediction_columns import columns_of
from sentiment.runs.saved_run import METRICS, find_run, write_manifest
from sentiment.server import ServerSettings

pytestmark = pytest.mark.anyio
GOOD = "a good film"
REVIEWS = 'name,review\nfirst,a good film\nsecond,"a bad film, with a ""plot""\nover two lines"\nthird,\n'


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("reviews.csv", content)
    return stream.getvalue()


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


async def send(client, content: str | bytes, name: str = "reviews.csv", accept: str = "application/json", **fields):
    return await client.post("/score", files={"file": (name, content)}, data=fields, headers={"Accept": accept})


async def test_every_row_comes_back_in_order_with_its_verdict(client):
    answer = await send(client, REVIEWS)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="scored.csv"'
    first, second, third = rows(answer)
    assert (first["text"], first["label"]) == (GOOD, "positive")
    assert (second["text"], second["label"]) == ('a bad film, with a "plot"\nover two lines', "negative")
    assert (third["text"], third["label"], third["probability"]) == ("", "", "")
    assert list(first) == ["name", *columns_of(POLARITY)]
    assert [row["name"] for row in (first, second, third)] == ["first", "second", "third"]
    prediction = (await client.post("/v1/predict", json={"texts": GOOD})).json()["predictions"][0]
    assert float(first["probability"]) == pytest.approx(prediction["probability"], abs=1e-6)


async def test_a_run_of_several_classes_adds_a_column_for_each(several):
    async with calling(several) as client:
        answer = await send(client, "p_music,review\nmine,a film with songs\n", run="topics/gru-tiny-seed1")
        predicted = await client.post(
            "/v1/predict", json={"texts": "a film with songs", "run": "topics/gru-tiny-seed1"}
        )
    [row] = rows(answer)
    [prediction] = predicted.json()["predictions"]
    assert list(row) == ["input_p_music", *columns_of(TOPICS)]
    assert (row["label"], row["input_p_music"]) == ("music", "mine")
    for name, probability in prediction["probabilities"].items():
        assert float(row[f"p_{name}"]) == pytest.approx(probability, abs=1e-6)


async def test_a_row_of_unknown_words_is_uncertain_and_the_reason_is_given(client):
    known, unknown = rows(await send(client, "text\na good film\nDer Film war wunderbar\n"))
    assert (known["label"], known["unknown_share"], known["reason"]) == ("positive", "0.0", "")
    assert (unknown["label"], unknown["unknown_share"], unknown["reason"]) == ("uncertain", "0.75", "unknown words")


@pytest.mark.filterwarnings("ignore::sentiment.data.files.quoting.LiteralQuotesWarning")
async def test_unpaired_quotes_lose_no_rows(client):
    marked = {3: '"Loved it', 11: 'hated it"'}
    texts = [marked.get(number, GOOD) for number in range(120)]
    answer = await send(client, "text\tn\n" + "".join(f"{text}\t{n}\n" for n, text in enumerate(texts)), "a.tsv")
    scored = list(csv.DictReader(io.StringIO(answer.text), delimiter="\t"))
    assert [(row["text"], row["n"]) for row in scored] == [(text, str(n)) for n, text in enumerate(texts)]
    answer = await send(client, "text,n\n" + "".join(f"{text},{n}\n" for n, text in enumerate(texts)))
    assert answer.status_code == 422
    assert "found one in line 5 that may be part of the text" in answer.json()["error"]["message"]


async def test_the_named_run_scores_the_named_column(client):
    answer = await send(client, "a,b\na bad film,a good film\n", column="b", run="films/gru-tiny-seed1")
    [row] = rows(answer)
    prediction = (await client.post("/v1/predict", json={"texts": GOOD, "run": "gru-tiny-seed1"})).json()[
        "predictions"
    ][0]
    assert float(row["probability"]) == pytest.approx(prediction["probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,review\na good film,a bad film\n"),
        ("a.jsonl", '{"text": "a good film", "review": "a bad film"}'),
    ],
)
async def test_of_two_text_columns_the_usual_one_is_scored_and_the_other_is_named_in_a_note(client, name, content):
    answer = await send(client, content, name)
    assert answer.status_code == 200
    assert "negative" in answer.text
    [note] = json.loads(answer.headers["sentiment-notes"])
    assert note == f"upload{name[1:]}: text in 'review' ('text' would fit, too: choose with column=text)"
    named = await send(client, content, name, column="text")
    assert (named.status_code, "sentiment-notes" in named.headers) == (200, False)


async def test_what_was_assumed_of_a_file_comes_back_with_it(client):
    answer = await send(client, "naïve;text\n1;a good film\n1;a bad film\nnaïve;text\n")
    assert [row["label"] for row in rows(answer)] == ["positive", "negative"]
    delimiter, repeated = json.loads(answer.headers["sentiment-notes"])
    assert delimiter == "upload.csv has semicolons between its fields, not commas"
    assert repeated.startswith("upload.csv repeats its header 1 times")
    [header] = json.loads((await send(client, "é,b\nx,a good film\n", column="2")).headers["sentiment-notes"])
    assert header == (
        "the first row of upload.csv, é, b, is read as the header; without one: --no-header "
        "(an option of: sentiment predict)"
    )


async def test_a_file_whose_columns_fit_equally_or_whose_encoding_is_a_guess_is_refused_with_advice(client):
    equal = await send(client, "comment,content\na,b\n")
    assert equal.status_code == 422
    assert "fit equally; say which one with column=comment" in equal.json()["error"]["message"]
    guessed = await send(client, "text\na naïve film\n".encode("cp1252"))
    assert guessed.status_code == 422
    assert guessed.json()["error"]["message"] == (
        "expected UTF-8 in upload.csv; found another encoding, guessed as cp1252 ('naïve' in line 2); save the file as "
        "UTF-8 and send it again, or use: sentiment predict --encoding"
    )


@pytest.mark.parametrize(
    ("name", "content"), [("a.tsv", "text\na good film\n"), ("A.JSONL", '{"text": "a good film"}\n')]
)
async def test_other_kinds_of_files_come_back_as_the_same_kind(client, name, content):
    answer = await send(client, content, name)
    assert answer.status_code == 200
    assert "positive" in answer.text
    assert name[-4:].lower() in answer.headers["content-disposition"]


async def test_an_input_column_with_a_reserved_name_gets_the_prefix_input(client):
    [row] = rows(await send(client, "label,text,truncated\nmine,a good film,never\n"))
    assert (row["input_label"], row["label"]) == ("mine", "positive")
    assert (row["input_truncated"], row["truncated"]) == ("never", "false")


async def test_a_file_longer_than_the_queue_is_scored_beside_other_requests(trained):
    async with calling(trained, ServerSettings(queue=4, batch=4, max_texts=4)) as client:
        answer = await send(client, "text\n" + f"{GOOD}\n" * 50)
        assert len(rows(answer)) == 50


@pytest.mark.parametrize(
    ("content", "name", "fields", "says"),
    [
        (REVIEWS, "reviews.docx", {}, "expected a file ending in .csv"),
        ("", "reviews.csv", {}, "expected rows in upload.csv; found an empty file"),
        (REVIEWS, "reviews.csv", {"column": "body"}, "expected the text column, body, once in upload.csv"),
        ("a,b\n1,2\n", "reviews.csv", {}, "say which one with the field column, by name"),
        (REVIEWS, "reviews.csv", {"Column": "name"}, "the form fields file, column, run; found 'Column'; leave it out"),
        (b"text\n\xff\xfe\xff\n", "reviews.csv", {}, "expected UTF-8"),
        ("", "empty.parquet", {}, "expected rows in upload.parquet; found an empty file"),
        ("PAR1", "cut.parquet", {}, "upload.parquet"),
        ("text\n" + "x" * 20_001, "reviews.csv", {}, "found 20,001 in row 1"),
        ("text\n" + "x\n" * 21, "reviews.csv", {}, "expected at most 20 rows"),
        ("text" + "," * 100_000 + "\nx", "reviews.csv", {}, "expected at most 100 columns; found 100,001"),
        ('{"text": "x", "y": ' + "[" * 10_000, "reviews.jsonl", {}, "in line 1: maximum recursion"),
    ],
)
async def test_a_file_that_cannot_be_scored_is_refused_with_the_reason(trained, content, name, fields, says):
    async with calling(trained, ServerSettings(max_rows=20)) as client:
        answer = await send(client, content, name, **fields)
        page = await send(client, content, name, accept="text/html", **fields)
    assert answer.status_code == page.status_code == 422
    assert says in answer.json()["error"]["message"]
    assert "/tmp" not in answer.text
    assert "<html" in page.text


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", zstd.compress),
        (".zip", zipped),
    ],
)
async def test_a_packed_file_is_read_whatever_its_name(client, ending, pack):
    packed = pack(REVIEWS.encode())
    for name in ("reviews.csv", f"Reviews.CSV{ending}"):
        answer = await send(client, packed, name)
        assert answer.status_code == 200, answer.text
        assert [row["label"] for row in rows(answer)] == ["positive", "negative", ""]
        assert [row["name"] for row in rows(answer)] == ["first", "second", "third"]
    assert (await send(client, packed, f"reviews{ending}")).status_code == (200 if ending == ".zip" else 422)
    damaged = await send(client, packed[: len(packed) // 2], f"reviews.csv{ending}")
    assert damaged.status_code == 422
    assert f"expected a whole {ending[1:]} file without a password at upload.csv{ending}" in damaged.text


def table() -> pd.DataFrame:
    return pd.DataFrame({"day": ["2024-05-01", "2024-05-02"], "review": [GOOD, "a bad film"], "stars": [5, 1]})


def written(name: str) -> bytes:
    """A file of two reviews."""
    stream = io.BytesIO()
    if name.endswith(".parquet"):
        table().assign(day=pd.to_datetime(table()["day"])).to_parquet(stream)
    else:
        table().to_excel(stream, index=False)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "result"),
    [
        ("a.xlsx", written("a.xlsx"), ".csv"),
        ("a.parquet", written("a.parquet"), ".csv"),
        ("a.parquet.gz", gzip.compress(written("a.parquet")), ".csv"),
        ("a.json", json.dumps({"data": table().to_dict("records")}), ".jsonl"),
        ("a.ndjson", table().to_json(orient="records", lines=True), ".jsonl"),
        ("a.json.xz", lzma.compress(table().to_json(orient="records").encode()), ".jsonl"),
        ("a.tsv.gz", gzip.compress(table().to_csv(sep="\t", index=False).encode()), ".tsv"),
        ("a.txt", f"{GOOD}\na bad film\n", ".csv"),
        ("a.ft", f"__label__5 {GOOD}\n__label__1 a bad film\n", ".csv"),
    ],
)
async def test_a_file_of_any_kind_comes_back_as_text_with_its_other_columns(client, name, content, result):
    answer = await send(client, content, name)
    assert answer.status_code == 200, answer.text
    assert f'"scored{result}"' in answer.headers["content-disposition"]
    if result == ".jsonl":
        scored = [json.loads(line) for line in answer.text.splitlines()]
    else:
        scored = list(csv.DictReader(io.StringIO(answer.text), delimiter="\t" if result == ".tsv" else ","))
    assert [row["label"] for row in scored] == ["positive", "negative"]
    if "day" in scored[0]:
        assert [str(row["day"])[:10] for row in scored] == ["2024-05-01", "2024-05-02"]
        assert [int(row["stars"]) for row in scored] == [5, 1]


async def test_what_was_assumed_of_a_file_that_is_read_apart_comes_back_with_it(client):
    answer = await send(client, gzip.compress(b"text;n\na good film;1\n"), "a.csv.gz")
    assert json.loads(answer.headers["sentiment-notes"]) == [
        "upload.csv.gz has semicolons between its fields, not commas"
    ]


def far_apart() -> bytes:
    """A spreadsheet with a cell in each of two corners, between which there are billions."""
    workbook, stream = openpyxl.Workbook(), io.BytesIO()
    workbook.active["A1"] = "text"
    workbook.active["XFD1048576"] = "a good film"
    workbook.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv.gz", gzip.compress(b"text\n" + b"a good film\n" * 200_000), "MiB of text in upload.csv.gz; found more"),
        ("a.json", "[" + '{"a":{}},' * 900_000 + "{}]", "with 256 MiB of memory; found that it needs more"),
        ("a.xlsx", far_apart(), "it needs too much memory; save it as CSV"),
        ("a.csv.gz", gzip.compress("text\na naïve film\n".encode("cp1252")), "expected UTF-8 in upload.csv.gz"),
        ("a.tar.gz", gzip.compress(b"x"), "expected a file ending in .csv"),
    ],
    ids=["packed text", "json", "spreadsheet", "encoding", "tar"],
)
async def test_a_file_that_stands_for_too_much_is_refused_and_the_service_goes_on(trained, name, content, says):
    settings = ServerSettings(max_read_bytes=1 << 20, read_memory_bytes=256 << 20, max_rows=1_000_000)
    async with calling(trained, settings) as client:
        answer = await send(client, content, name)
        assert answer.status_code == 422
        assert says in answer.json()["error"]["message"]
        assert "/tmp" not in answer.text
        assert (await send(client, REVIEWS)).status_code == 200


async def test_a_file_that_takes_too_long_to_read_is_refused(trained):
    async with calling(trained, ServerSettings(read_seconds=0.01)) as client:
        answer = await send(client, gzip.compress(REVIEWS.encode()), "a.csv.gz")
    assert answer.status_code == 422
    assert "expected to read upload.csv.gz in 0.01 seconds" in answer.json()["error"]["message"]


async def test_a_file_is_refused_for_now_where_no_process_can_be_started(client, monkeypatch):
    def no_memory(*_, **__):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", no_memory)
    answer = await send(client, gzip.compress(REVIEWS.encode()), "a.csv.gz")
    assert answer.status_code == 503
    assert "Cannot allocate memory" in answer.json()["error"]["message"]


async def test_the_columns_that_the_run_learnt_together_are_read_and_named_in_a_note(models):
    run = find_run(models)
    record = json.loads((run.folder / METRICS).read_text())
    record["dataset"]["reading"] = {"text_columns": ["title", "body"]}
    (run.folder / METRICS).write_text(json.dumps(record))
    write_manifest(run.folder)
    content = b"title,body,text\na good,film,a bad film\n"
    async with calling(models) as client:
        for name, sent in (("a.csv", content), ("a.csv.gz", gzip.compress(content))):
            answer = await send(client, sent, name)
            assert rows(answer)[0]["text"] == "a good\nfilm"
            assert "text in 'title' and 'body', as films/" in json.loads(answer.headers["sentiment-notes"])[0]


async def test_an_upload_with_the_name_of_an_address_is_a_file(client, monkeypatch):
    monkeypatch.setattr(source, "fetched", pytest.fail)
    for name in ("https://127.0.0.1/reviews.csv", "file:///etc/reviews.csv"):
        assert len(rows(await send(client, REVIEWS, name))) == 3


async def test_a_file_may_be_larger_than_other_requests_but_not_than_its_own_limit(trained):
    async with calling(trained, ServerSettings(max_body_bytes=1_000, max_upload_bytes=5_000)) as client:
        assert (await send(client, "text\n" + f"{GOOD}\n" * 200)).status_code == 200
        too_large = await send(client, "text\n" + f"{GOOD}\n" * 500)
    assert too_large.status_code == 413
    assert "at most 5,000 bytes" in too_large.json()["error"]["message"]


async def test_a_file_that_takes_too_long_times_out(trained):
    async with calling(trained, ServerSettings(upload_timeout_seconds=0.0)) as client:
        answer = await send(client, REVIEWS)
        figures = (await client.get("/metrics")).text
    assert answer.status_code == 504
    assert "Retry-After" in answer.headers
    assert "sentiment_overloads_total 1.0" in figures


async def test_the_form_answers_with_the_verdict_the_words_and_every_run(client, trained):
    answer = await client.post("/", data={"text": GOOD, "run": f"films/{find_run(trained).name}"})
    assert answer.status_code == 200
    assert '<strong id="label" class="up">positive</strong>' in answer.text
    assert "Words for positive" in answer.text
    assert answer.text.count('<td class="verdict">positive</td>') == 2


async def test_the_form_answers_with_every_class_of_a_run_of_several(several):
    async with calling(several) as client:
        answer = await client.post("/", data={"text": "a good film", "run": "grades/gru-tiny-seed1"})
        predicted = await client.post("/v1/predict", json={"texts": "a good film", "run": "grades/gru-tiny-seed1"})
    [prediction] = predicted.json()["predictions"]
    shares = re.findall(r"<li.*?><span>(\w+)</span> <span class=\"number\">(.+?)%</span>", answer.text)
    assert [name for name, _ in shares] == list(THREE.names)
    assert [float(share) for _, share in shares] == [
        pytest.approx(100 * prediction["probabilities"][name], abs=0.51) for name in THREE.names
    ]
    assert '<strong id="label">positive</strong>' in answer.text
    assert f'<span id="probability">{100 * prediction["confidence"]:.0f}%</span>' in answer.text


async def test_the_form_lists_the_words_for_and_against_the_class_of_a_run_of_several(several):
    async with calling(several) as client:
        answer = await client.post("/", data={"text": "a film with songs", "run": "topics/gru-tiny-seed1"})
    assert re.search(r"<h3>Words for music</h3><ol class=\"plain\"><li>[^<]*songs", answer.text)
    assert "<h3>Words against music</h3>" in answer.text


async def test_the_form_explains_the_class_that_is_chosen_and_keeps_the_choice(several):
    fields = {"text": "a film with songs", "run": "topics/gru-tiny-seed1"}
    async with calling(several) as client:
        answer = await client.post("/", data=fields | {"target": "plot"})
        of_another_run = await client.post("/", data=fields | {"target": "negative"})
        of_two = await client.post("/", data={"text": GOOD, "run": "films/gru-tiny-seed1"})
    assert "<h3>Words against plot</h3>" in answer.text
    assert '<option value="plot" selected>plot</option>' in answer.text
    assert "<h3>Words against music</h3>" in of_another_run.text
    assert re.search(r'id="target-field" class="field" hidden', of_two.text)


async def test_the_models_are_compared_with_intervals_the_size_of_the_test_split_and_the_weakest_class(client, trained):
    page = (await client.get("/")).text
    test = find_run(trained).record.test
    low, high = (f"{100 * bound:.1f}" for bound in test["accuracy_ci95"])
    assert f"({low}–{high} of {test['reviews']})" in page
    weakest = min(test["recall"], key=test["recall"].get)
    assert f"{weakest} {100 * test['recall'][weakest]:.1f}%</td>" in page


@pytest.mark.parametrize("fields", [{"text": " "}, {}, {"text": "x" * 20_001}, {"text": GOOD, "run": "xyz"}])
async def test_the_form_shows_the_error_and_keeps_the_text(client, fields):
    answer = await client.post("/", data=fields)
    assert answer.status_code in (404, 422)
    assert 'role="alert">expected' in answer.text
    assert fields.get("text", "") in answer.text


async def test_a_review_is_text_on_the_page_and_never_markup(client):
    answer = await client.post("/", data={"text": "a good <script>alert(1)</script> film", "run": ""})
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


async def test_the_report_of_the_training_is_linked_and_runs_the_script_alone_that_its_head_names(client, models):
    assert "/reports/films" not in (await client.get("/")).text
    assert (await client.get("/reports/films")).status_code == 404
    report = models / "films" / "report" / "index.html"
    report.parent.mkdir()
    report.write_text("<h1>Report</h1>")
    async with calling(models) as client:
        assert '<a href="/reports/films">' in (await client.get("/")).text
        answer = await client.get("/reports/films")
        assert (await client.get("/reports/..%2Ffilms")).status_code == 404
    assert answer.text == "<h1>Report</h1>"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src 'none'" in answer.headers["content-security-policy"]
    named = f"script-src 'sha256-{'Ab1+/' * 8}abc='"
    report.write_text(f'<meta http-equiv="Content-Security-Policy" content="{named}">{" " * 1_000}{named.lower()}')
    async with calling(models) as client:
        policy = (await client.get("/reports/films")).headers["content-security-policy"]
    assert named in policy
    assert policy.count("sha256") == 1
