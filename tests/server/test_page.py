"""The page in a real browser. Requests to other hosts, and errors in the console, fail every test."""

import csv
import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from helpers.accessibility import faults
from helpers.serving import Served
from helpers.trained import THREE, TOPICS, train_tiny

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHROMIUM = shutil.which("chromium")
REVIEW = "a good film with a bad plot and good music"
COUNT = len(REVIEW.split())
NAMES = ("custom-lstm", "lstm", "bilstm", "gru")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no chromium here: make test-browser installs it")
    with sync_playwright() as playwright:
        # Chromium does not start its sandbox for root, the user of CI.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(trained, tmp_path_factory) -> Iterator[str]:
    """The address of a service with the four architectures and a report."""
    models = Path(shutil.copytree(trained, tmp_path_factory.mktemp("page") / "models"))
    for name in ("lstm", "bilstm"):
        train_tiny(models, name)
    report = models / "films" / "report" / "index.html"
    report.parent.mkdir(exist_ok=True)
    report.write_text("<!doctype html><title>A report</title><h1>A report</h1>")
    served = Served("-m", "sentiment", "serve", "--models", models, "--port", "0")
    yield served.url
    served.kill()


@contextmanager
def opened(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """The page without a review; at the end, its requests and its console are checked."""
    context = browser.new_context(**{"base_url": address, "viewport": {"width": 1000, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(20_000)
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    yield page
    context.close()
    assert requested
    assert all(url.startswith((address, "blob:")) for url in requested), requested
    assert [
        complaint for complaint in complaints if "status of 422" not in complaint
    ] == []  # a refusal, as it is shown


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


@pytest.fixture(scope="module")
def address_of_several(several) -> Iterator[str]:
    """The address of a service with runs of two classes, of three grades and of three topics."""
    served = Served("-m", "sentiment", "serve", "--models", several, "--port", "0")
    yield served.url
    served.kill()


def read(page: Page, text: str = REVIEW) -> None:
    """Submits a review, and waits until the last word is read."""
    page.get_by_label("Review", exact=True).fill(text)
    page.get_by_role("button", name="Judge it").click()
    expect(page.locator("#play")).to_have_text("Play")
    expect(page.locator("#word")).to_contain_text(re.compile(r"\(word (\d+) of \1\)"))


def choose_run(page: Page, architecture: str) -> None:
    page.locator("#run").select_option(f"films/{architecture}-tiny-seed1")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing_before_and_after_an_answer_and_a_file(browser, address, tmp_path, scheme, width):
    with opened(browser, address, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        assert faults(page) == []
        read(page)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert faults(page) == []
        path = tmp_path / "reviews.csv"
        path.write_text("text\na good film\na bad film\n", encoding="utf-8")
        page.get_by_label("CSV, TSV, text").set_input_files(path)
        page.get_by_role("button", name="Judge every row").click()
        expect(page.locator("#result-rows tr")).to_have_count(2)
        assert faults(page) == []


def test_the_verdict_moves_as_the_words_are_read(page):
    page.evaluate("""() => {
        window.words = [];
        const word = document.getElementById("word");
        new MutationObserver(() => window.words.push(word.textContent)).observe(word, {childList: true});
    }""")
    read(page)
    lines = page.evaluate("window.words")
    positions = [int(re.search(r"word (\d+) of", line)[1]) for line in lines]
    assert positions == sorted(positions)
    assert positions[0] == 1
    assert positions[-1] == COUNT
    shown = [re.search(r"review is (.+) positive", line)[1] for line in lines]
    assert len(set(shown)) > 1
    expect(page.locator("#label")).to_have_text(re.compile("positive|negative"))
    expect(page.locator("#probability")).to_have_text(re.compile(r"^\d+%$"))
    expect(page.get_by_role("img", name=re.compile(r"The verdict after every word.* ends at \d+%"))).to_be_visible()


def open_for_experts(page: Page) -> None:
    page.locator("#gates summary").click()


def test_the_reading_can_be_stopped_moved_and_played_again(page):
    read(page)
    page.get_by_label("Read up to word").fill("3")
    expect(page.locator("#word")).to_contain_text(f"film (word 3 of {COUNT})")
    expect(page.locator("#words .unread")).to_have_count(COUNT - 3)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_the_words_that_decide_are_marked_by_side_and_strength(page):
    choose_run(page, "gru")
    read(page)
    strengths = page.locator("#words .phrase").evaluate_all(
        "all => all.map(one => [one.textContent, one.className, Number(one.style.getPropertyValue('--share'))])"
    )
    assert [text for text, _, _ in strengths] == REVIEW.split()
    strongest = max(strengths, key=lambda word: word[2])
    assert strongest[0] in ("good", "bad")
    assert strongest[2] == 1
    assert all(("for" in side.split()) == (text == "good") for text, side, _ in strengths if text in ("good", "bad"))


def test_a_click_on_a_word_shows_the_gates_at_it(page):
    choose_run(page, "custom-lstm")
    read(page)
    page.locator("#words button", has_text="bad").click()
    expect(page.locator("#maps")).not_to_be_visible()
    open_for_experts(page)
    expect(page.locator("#word")).to_contain_text(f"bad (word 6 of {COUNT})")
    maps = page.locator("#maps canvas")
    expect(maps).to_have_count(6)
    for name in ("Input gate", "Forget gate", "Output gate", "Candidate", "Cell", "Hidden state"):
        expect(page.get_by_role("img", name=f"{name}: 8 units at each of {COUNT} words")).to_be_visible()
    sizes = maps.evaluate_all("all => all.map(one => [one.width, one.height])")
    assert sizes == [[COUNT, 8]] * 6
    colours = maps.evaluate_all("""all => all.map(one => {
        const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
        return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
    })""")
    assert min(colours) > 10
    expect(page.locator("#maps h3 span").first).to_have_text(re.compile(r"mean 0\.\d\d"))

    width = maps.first.bounding_box()["width"]
    maps.first.click(position={"x": 1.5 * width / COUNT, "y": 10})  # in the second column
    expect(page.locator("#word")).to_contain_text(f"good (word 2 of {COUNT})")


def test_a_network_that_reads_both_ways_shows_both(page):
    choose_run(page, "bilstm")
    read(page)
    open_for_experts(page)
    page.get_by_label("Reading", exact=True).select_option("backward")
    expect(page.locator("#maps canvas")).to_have_count(6)


def test_a_network_without_such_gates_says_so(page):
    choose_run(page, "gru")
    read(page)
    open_for_experts(page)
    expect(page.locator("#gates-note")).to_contain_text("This network reads with a GRU")
    expect(page.locator("#maps")).not_to_be_visible()


def test_the_four_architectures_are_compared_on_the_same_review(page):
    read(page)
    rows = page.locator("#compare tbody tr")
    expect(rows).to_have_count(4)
    for name in NAMES:
        row = page.get_by_role("row", name=f"{name}-tiny-seed1", exact=False).first
        expect(row).to_contain_text(re.compile(r"(positive|negative).*\d%.*\d%.*–.* of \d+", re.DOTALL))
    expect(rows.filter(has_text="(default)")).to_have_count(1)
    choose_run(page, "gru")
    expect(page.locator("tr.chosen")).to_contain_text("gru-tiny-seed1")


def test_the_models_are_grouped_by_what_they_were_trained_on(browser, address_of_several):
    with opened(browser, address_of_several) as page:
        page.locator("#run").select_option("topics/gru-tiny-seed1")
        read(page, "a film with songs")
        groups = page.locator("#compare tbody")
        titles = [groups.nth(index).locator("tr").first.text_content().strip() for index in range(groups.count())]
        assert sorted(titles) == ["Trained on films", "Trained on grades", "Trained on topics"]
        of_topics = groups.filter(has_text="Trained on topics")
        expect(of_topics.locator("tr[data-run='topics/gru-tiny-seed1']")).to_have_count(1)


def test_a_verdict_follows_what_is_typed_and_what_was_shown_of_an_earlier_text_goes(page):
    read(page, "A good film.")
    expect(page.locator("#reading")).to_be_visible()
    with page.expect_response("**/v1/predict"):
        page.get_by_label("Review", exact=True).fill("Der Kuchen war wunderbar")
    expect(page.locator("#label")).to_have_text("uncertain")
    expect(page.locator("#reading")).not_to_be_visible()
    expect(page.locator("#compare")).not_to_be_visible()


def test_a_text_of_several_sentences_is_shown_sentence_by_sentence(page):
    read(page, "A good film. A bad plot.")
    expect(page.locator("#sentences li")).to_have_count(2)
    expect(page.locator("#sentences li").first).to_contain_text(re.compile(r"A good film\. .*(positive|negative), .*%"))
    read(page, "A good film.")
    expect(page.locator("#by-sentence")).not_to_be_visible()


def test_the_verdict_goes_with_the_text_and_is_that_of_the_chosen_model(browser, address_of_several):
    with opened(browser, address_of_several) as page:
        page.locator("#run").select_option("films/gru-tiny-seed1")
        page.get_by_label("Review", exact=True).fill("a good film")
        expect(page.locator("#label")).to_have_text("positive")
        page.locator("#run").select_option("topics/gru-tiny-seed1")  # without asking for more than the verdict
        expect(page.locator("#shares li span:first-child")).to_have_text(list(TOPICS.names))
        page.get_by_label("Review", exact=True).fill("")
        expect(page.locator("#verdict")).not_to_be_visible()
        expect(page.locator("#waiting")).to_be_visible()


def test_a_phone_shows_the_verdict_without_scrolling_by_hand(browser, address):
    with opened(browser, address, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": 400, "height": 500})
        read(page, "A good film.")
        expect(page.locator("#label")).to_be_in_viewport()


def test_a_csv_is_uploaded_and_downloaded_scored(page, tmp_path):
    file = tmp_path / "reviews.csv"
    file.write_text("body,stars\na good film,5\na bad film,1\n")
    page.get_by_label("CSV, TSV, text").set_input_files(file)
    expect(page.locator("#columns option")).to_have_count(2)
    page.get_by_label("Column").fill("body")
    page.get_by_role("button", name="Judge every row").click()
    expect(page.locator("#result-title")).to_have_text(
        f"2 rows of reviews.csv, judged by {page.locator('#file-run').input_value()}"
    )
    expect(page.locator("#result-shares li")).to_contain_text(["positive: 1", "negative: 1"])
    expect(page.locator("#result-rows tr")).to_have_count(2)
    page.locator("#result-label").select_option("negative")
    expect(page.locator("#result-rows tr")).to_contain_text(["a bad film"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all rows").click()
    assert download.value.suggested_filename == "scored.csv"
    with Path(download.value.path()).open(newline="") as scored:
        assert [(row["text"], row["label"]) for row in csv.DictReader(scored)] == [
            ("a good film", "positive"),
            ("a bad film", "negative"),
        ]


def test_a_packed_spreadsheet_is_taken_and_what_was_assumed_or_refused_is_shown(page, tmp_path):
    file = tmp_path / "reviews.xlsx"
    workbook = openpyxl.Workbook()
    for row in (["review", "text"], ["a good film", "a bad film"]):
        workbook.active.append(row)
    workbook.save(file)
    (tmp_path / "packed.xlsx.gz").write_bytes(gzip.compress(file.read_bytes()))
    page.get_by_label("CSV, TSV, text").set_input_files(tmp_path / "packed.xlsx.gz")
    page.get_by_role("button", name="Judge every row").click()
    expect(page.locator("#result-rows")).to_contain_text("a good film")
    notes = page.locator("#file-notes")
    expect(notes).to_contain_text("This was assumed of your file:")
    expect(notes.locator("li")).to_contain_text("text in 'review' ('text' would fit, too: choose with column=text")
    (tmp_path / "reviews.docx").write_bytes(b"PK")
    page.get_by_label("CSV, TSV, text").set_input_files(tmp_path / "reviews.docx")
    page.get_by_role("button", name="Judge every row").click()
    expect(page.locator("#file-complaint")).to_contain_text("reviews.docx: expected a file ending in .csv")
    expect(page.locator("#result")).not_to_be_visible()
    expect(notes).not_to_be_visible()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page, tmp_path):
    file = tmp_path / "reviews.csv"
    file.write_text("text\n" + "a good film\n" * 800_000)
    page.get_by_label("CSV, TSV, text").set_input_files(file)
    page.get_by_role("button", name="Judge every row").click()
    expect(page.get_by_role("alert")).to_contain_text("reviews.csv: expected a file of at most 8388608 bytes")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_explained_class_of_several_is_chosen_with_the_keyboard(browser, address_of_several, scripts):
    with opened(browser, address_of_several, java_script_enabled=scripts) as page:
        expect(page.locator("#target-field")).not_to_be_visible()
        page.locator("#run").select_option("topics/gru-tiny-seed1")
        page.get_by_label("Review", exact=True).fill("a film with songs")
        page.get_by_role("button", name="Judge it").click()
        target = page.get_by_label("Words for or against")
        expect(target.locator("option")).to_have_text(["the most probable class", "acting", "music", "plot"])
        target.focus()
        page.keyboard.press("p")
        expect(target).to_have_value("plot")
        expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible(visible=not scripts)
        if scripts:
            expect(page.locator(".speaks-for").first).to_have_text("for plot")
            expect(target).to_be_focused()
        else:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Words against plot")).to_be_visible()
            expect(target).to_have_value("plot")


def test_without_javascript_there_is_a_verdict_its_words_and_the_comparison(browser, address):
    with opened(browser, address, java_script_enabled=False) as page:
        expect(page.locator(".examples")).not_to_be_visible()
        page.get_by_label("Review", exact=True).fill(REVIEW)
        page.get_by_role("button", name="Judge it").click()
        expect(page.locator("#label")).to_have_text(re.compile("positive|negative"))
        expect(page.get_by_role("heading", name="Words for positive")).to_be_visible()
        expect(page.locator("#compare tbody tr")).to_have_count(4)
        expect(page.get_by_label("Review", exact=True)).to_have_value(REVIEW)


def test_everything_is_reached_and_done_with_the_keyboard(page):
    page.locator("#run").select_option("films/custom-lstm-tiny-seed1")
    page.get_by_label("Review", exact=True).focus()
    page.keyboard.type(REVIEW)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#play")).to_have_text("Play")
    expect(page.locator("#word")).to_contain_text(f"word {COUNT} of {COUNT}")

    page.locator("#words button[aria-pressed=true]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#word")).to_contain_text(f"good (word {COUNT - 1} of {COUNT})")
    page.keyboard.press("Home")
    expect(page.locator("#word")).to_contain_text(f"word 1 of {COUNT}")
    page.locator("#gates summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#maps canvas")).to_have_count(6)

    page.get_by_label("Review", exact=True).focus()
    reached = []
    for _ in range(40):
        focused = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        reached.append(focused)
        page.keyboard.press("Tab")
    for name in ("text", "run", "Judge it", "a", "play", "position", "file", "column", "file-run", "Judge every row"):
        assert name in reached
    assert "For experts: the figures and the gates" in reached
    assert "Report on films" in reached
    assert reached.count("good") == 0  # the tab key stops once at the words, and the arrow keys move among them


def test_the_focused_element_is_visible_as_such(page):
    page.get_by_label("Review", exact=True).focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_screen_reader_hears_names_and_the_verdict(page):
    nameless = page.evaluate("""() => [...document.querySelectorAll("input, select, textarea, button")]
        .filter((one) => !one.labels?.length && !one.textContent.trim() && !one.getAttribute("aria-label"))
        .map((one) => one.outerHTML)""")
    assert nameless == []
    assert page.locator("html").get_attribute("lang") == "en"
    read(page)
    expect(page.get_by_role("status").first).to_have_text(re.compile(r"(positive|negative), (over )?\d+%\."))
    assert f"word {COUNT} of {COUNT}" in page.locator("#position").get_attribute("aria-valuetext")


def test_reduced_motion_shows_the_end_at_once(browser, address):
    with opened(browser, address, reduced_motion="reduce") as page:
        page.evaluate("""() => {
            window.positions = [];
            const slider = document.getElementById("position");
            new MutationObserver(() => window.positions.push(slider.value)).observe(slider, {attributes: true});
        }""")
        read(page)
        assert set(page.evaluate("window.positions")) == {str(COUNT)}


def test_words_are_shown_as_text_and_never_as_markup(page):
    markup = "<img src=x onerror=alert(1)>"

    def say_markup(route: Route) -> None:
        answer = route.fetch()
        explanation = answer.json()
        explanation["tokens"][-1]["text"] = markup
        route.fulfill(response=answer, json=explanation)

    page.route("**/v1/explain", say_markup)
    read(page)
    assert page.locator("main img").count() == 0
    expect(page.locator("#words button").last).to_have_text(markup)
    expect(page.locator("#word")).to_contain_text(markup)


def test_a_review_is_shown_as_it_was_typed(page):
    review = "A naïve 👍👍 film, 1 < 2 & good: don't!"
    read(page, review)
    expect(page.locator("#words")).to_have_text(review)


def test_the_gates_belong_to_the_review_that_was_read_and_not_to_an_edited_text(page):
    choose_run(page, "custom-lstm")
    page.locator("#gates").evaluate("gates => { gates.open = false; }")
    read(page, "A good film.")
    page.get_by_label("Review", exact=True).fill("A good film. ")  # a blank more: still the same
    with page.expect_request("**/v1/explain") as request:
        page.locator("#gates summary").click()
    assert request.value.post_data_json["text"] == "A good film."
    expect(page.locator("#maps canvas")).to_have_count(6)


def test_an_empty_review_shows_an_error(page):
    page.get_by_label("Review", exact=True).fill("  ")
    page.get_by_role("button", name="Judge it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is nothing to read yet")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_text_of_unknown_words_gets_a_reason_and_no_verdict(browser, address, scripts):
    with opened(browser, address, java_script_enabled=scripts) as page:
        for text, sentence in (
            (
                "Der Film war wunderbar",
                "The model knows too few of these words to judge them. 75% of its words are unknown.",
            ),
            ("\U0001f60d\U0001f60d", "There are no words to judge"),
        ):
            page.get_by_label("Review", exact=True).fill(text)
            page.get_by_role("button", name="Judge it").click()
            expect(page.locator("#label")).to_have_text("uncertain")
            expect(page.locator("#why")).to_contain_text(sentence)
            expect(page.locator("#probability")).to_be_empty()
            expect(page.locator("#compare tbody .verdict")).to_have_text(["uncertain"] * 4)
            expect(page.locator("#compare tbody td.number:nth-child(3)")).to_have_text([""] * 4)
        page.get_by_label("Review", exact=True).fill(REVIEW)
        page.get_by_role("button", name="Judge it").click()
        expect(page.locator("#label")).to_have_text(re.compile("positive|negative"))
        expect(page.locator("#why")).not_to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "width", "scripts"),
    [("light", 1000, True), ("dark", 400, True), ("light", 400, False)],
    ids=["desktop", "phone", "without JavaScript"],
)
def test_a_verdict_of_several_classes_shows_each_in_its_order_with_its_probability(
    browser, address_of_several, scheme, width, scripts
):
    with opened(browser, address_of_several, color_scheme=scheme, java_script_enabled=scripts) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("#run").select_option("grades/gru-tiny-seed1")
        page.get_by_label("Review", exact=True).fill("a fair film")
        page.get_by_role("button", name="Judge it").click()
        expect(page.locator("#label")).to_have_text("neutral")
        expect(page.locator("#probability")).to_have_text(re.compile(r"^\d+%$"))
        shares = page.get_by_role("list", name="Probability of each class").get_by_role("listitem")
        expect(shares).to_have_text([re.compile(rf"^{name}\s+[\w ]*\d+%") for name in THREE.names])
        lengths = shares.locator("progress").evaluate_all("all => all.map(one => one.value)")
        assert sum(lengths) == pytest.approx(1, abs=1e-5)
        assert max(lengths) == lengths[1]
        expect(page.locator("#shares .chosen")).to_contain_text("neutral")
        row = page.locator("tr[data-run='grades/gru-tiny-seed1']")
        expect(row.locator(".verdict")).to_have_text("neutral")
        expect(row.locator(".number").first).to_have_text(f"{100 * lengths[1]:.0f}%")
        assert page.locator("html").evaluate("page => page.scrollWidth") <= width


def test_there_is_a_bar_for_each_class_and_none_for_an_uncertain_verdict(browser, address_of_several):
    with opened(browser, address_of_several) as page:
        for run, text, label, bars in (
            ("topics/gru-tiny-seed1", "a film with songs", "music", 3),
            ("films/gru-tiny-seed1", "a good film", "positive", 2),
            ("topics/gru-tiny-seed1", "Der Kuchen war wunderbar", "uncertain", 0),
        ):
            page.locator("#run").select_option(run)
            page.get_by_label("Review", exact=True).fill(text)
            page.get_by_role("button", name="Judge it").click()
            expect(page.locator("#label")).to_have_text(label)
            expect(page.locator("#shares li")).to_have_count(bars)


def test_the_bars_of_classes_keep_the_order_of_the_run_and_show_the_classes_of_a_newer_version(
    browser, address_of_several
):
    with opened(browser, address_of_several) as page:
        page.locator("#run").select_option("grades/gru-tiny-seed1")
        for names, shown in (
            (["positive", "neutral", "negative"], ["positive", "neutral", "negative"]),
            (["1", "2", "3"], ["negative", "neutral", "positive"]),
            (["negative", "positive"], ["negative", "neutral", "positive"]),
        ):
            page.locator("#run option:checked").evaluate(
                "(option, names) => { option.dataset.classes = JSON.stringify(names); }", names
            )
            page.get_by_label("Review", exact=True).fill("a fair film")
            page.get_by_role("button", name="Judge it").click()
            expect(page.locator("#shares li span:first-child")).to_have_text(shown)
            page.locator("#shares").evaluate("list => list.replaceChildren()")


def test_the_words_speak_for_or_against_the_class_of_the_verdict(browser, address_of_several):
    with opened(browser, address_of_several) as page:
        page.locator("#run").select_option("topics/gru-tiny-seed1")
        read(page, "a film with songs")
        expect(page.locator(".key")).to_contain_text("speaks for music")
        expect(page.locator(".key")).to_contain_text("speaks against music")
        page.locator("#words button", has_text="songs").click()
        expect(page.locator("#word")).to_contain_text(re.compile("(for|against) music. Had the review ended here, the"))
        open_for_experts(page)
        expect(page.locator("#logits")).to_contain_text("logits for music.")
        expect(page.locator("figcaption")).to_contain_text("How probable music was, had the review ended at each word")
        expect(page.get_by_role("img", name=re.compile("as the probability of music: begins at"))).to_be_visible()
        page.locator("#run").select_option("films/gru-tiny-seed1")
        expect(page.locator(".key")).to_contain_text("speaks for negative")


def test_a_run_without_explanations_says_so_instead_of_showing_words(browser, address_of_several):
    with opened(browser, address_of_several) as page:
        page.locator("#run").select_option("films/gru-tiny-seed1")
        page.evaluate("document.querySelector('#run option:checked').removeAttribute('data-explains')")
        page.get_by_label("Review", exact=True).fill("a good film")
        page.get_by_role("button", name="Judge it").click()
        expect(page.locator("#unexplained")).to_be_visible()
        expect(page.locator("#label")).to_have_text("positive")
        expect(page.locator("#reading")).not_to_be_visible()


def test_an_example_is_read_with_one_click(page):
    page.get_by_role("group", name="Examples").get_by_role("button").first.click()
    expect(page.locator("#label")).to_have_text(re.compile("positive|negative|uncertain"))
    expect(page.locator("#word")).to_contain_text("(word")


def test_the_page_links_to_the_report(page):
    page.get_by_role("link", name="Report on films").click()
    expect(page.get_by_role("heading", name="A report")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1000), ("dark", 1000), ("light", 400)], ids=["light", "dark", "phone"]
)
def test_a_screenshot_shows_the_whole_page_without_horizontal_overflow(browser, address, tmp_path, scheme, width):
    with opened(browser, address, color_scheme=scheme) as page:
        page.set_viewport_size({"width": width, "height": 900})
        choose_run(page, "custom-lstm")
        read(page)
        open_for_experts(page)
        expect(page.locator("#maps canvas")).to_have_count(6)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / "page.png", full_page=True)
    with Image.open(tmp_path / "page.png") as picture:
        shades = picture.convert("L")
        assert picture.width == width
    background = shades.getpixel((2, 2))
    assert background > 200 if scheme == "light" else background < 60
    counts = shades.histogram()
    painted = sum(count for shade, count in enumerate(counts) if abs(shade - background) > 40)
    assert painted / sum(counts) > 0.02
    assert sum(count > 0 for count in counts) > 50


def test_the_documentation_of_the_api_fits_a_phone_and_leads_to_each_address(browser, address):
    with opened(browser, address) as page:
        page.goto("/docs")
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("link", name="POST /v1/explain").click()
        expect(page.locator("article:target h3")).to_be_in_viewport()
        page.locator("article:target details summary").first.click()
        expect(page.locator("article:target dt code", has_text="text_read")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
