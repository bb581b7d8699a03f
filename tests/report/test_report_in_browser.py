"""The report in a real browser, on a desktop and on a telephone, in light and in dark."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from helpers.accessibility import faults
from helpers.fake_results import fill, shipped
from sentiment.report import write_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHROMIUM = shutil.which("chromium")


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
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report."""
    folder = fill(Path(tmp_path_factory.mktemp("models") / "imdb"))
    shipped(folder)  # with the highest accuracy, though it is the last row
    return write_report(folder).html.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 1280])
def test_nothing_lies_beyond_the_edge_and_text_stands_out_from_its_ground(
    browser: Browser, report: str, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    beyond = """[...document.querySelectorAll('main *')].filter(part => !part.closest('svg')
        && part.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(part => part.outerHTML)"""
    assert page.evaluate(beyond) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    lightness = "element => getComputedStyle(element).fill.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"
    for text in page.locator("figure svg text:visible").all()[::20]:
        assert (text.evaluate(lightness) > 128) == (scheme == "dark")
    assert complaints == []
    assert faults(page) == []
    context.close()


def test_a_click_on_a_header_sorts_and_another_turns_the_order_round(browser: Browser, report: str) -> None:
    page = browser.new_page()
    page.goto(report)
    table = page.locator("table").first
    accuracies = table.locator("tbody td.accuracy strong")
    before = accuracies.all_inner_texts()
    header = table.locator("th", has_text="Test accuracy")
    header.locator("button").click()
    assert accuracies.all_inner_texts() == [before[-1], *before[:-1]]  # the largest first, so that of the last row
    header.locator("button").click()
    assert accuracies.all_inner_texts() == [*before[-2::-1], before[-1]]
    assert header.get_attribute("aria-sort") == "ascending"
    table.locator("th", has_text="Model").locator("button").click()
    names = [name.lstrip("0123456789– ").strip() for name in table.locator("tbody td:first-child").all_inner_texts()]
    assert names == sorted(names, key=str.lower)
    assert header.get_attribute("aria-sort") is None
    for _ in range(2):  # a time that is not known is last in both orders
        table.locator("th", has_text="Training time").locator("button").click()
        times = table.locator("tbody td:last-child").all_inner_texts()
        assert times.index("–") == len(times) - 1
    page.close()


def test_without_scripts_the_page_has_the_same_tables_and_no_dead_buttons(browser: Browser, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("button").count() == 0
    assert page.locator("table").first.locator("tbody tr").count() == 8
    page.get_by_role("link", name="Are the differences real?").click()
    assert page.get_by_text("McNemar's exact test").is_visible()  # the part that the link leads to opens
    context.close()


def test_a_command_is_copied(browser: Browser, report: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(report)
    command = page.locator("code.command").first
    command.locator("+ button").click()
    page.get_by_role("button", name="Copied").wait_for(timeout=5_000)
    assert page.evaluate("navigator.clipboard.readText()") == command.inner_text()
    context.close()
