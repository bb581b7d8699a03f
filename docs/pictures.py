"""Draws the pictures of these pages: .venv/bin/python docs/pictures.py

verdict.png    a review, what each phrase adds, and the verdict as it is read     README.md
explain.png    the same with the gates                                          explain.md
page.png       the page of the service, in Chromium                             serve.md
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from sentiment import Explainer, Predictor
from sentiment.explain.picture import write_png

DOCS = Path(__file__).parent
RUN = "mixed-reviews/everyday"
REVIEW = (
    "The first hour is slow and rather dull. Then the old woman comes back, and what follows is simply wonderful: "
    "one of the best endings I have seen."
)


def draw_explanations() -> None:
    explanation = Explainer(Predictor.load(RUN).run).explain(REVIEW, gates=True)
    write_png(explanation, DOCS / "explain.png")
    write_png(replace(explanation, gates=(), gates_note=""), DOCS / "verdict.png")


def draw_page() -> None:
    command = [sys.executable, "-m", "sentiment", "serve", "--port", "0", "--run", RUN, "--run", "imdb/compact"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as service:
        try:
            address = next(match[0] for line in service.stdout if (match := re.search(r"http://[\d.]+:\d+", line)))
            photograph(address)
        finally:
            service.terminate()


def photograph(address: str) -> None:
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own refuses root
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        page = browser.new_page(viewport={"width": 1240, "height": 900})
        page.goto(address)
        page.get_by_label("Review", exact=True).fill(
            "The view is beautiful, but the room was dirty. I would never have thought that the staff could be so rude!"
        )
        page.get_by_role("button", name="Judge it").click()
        expect(page.locator("#word")).to_contain_text(re.compile(r"\(word (\d+) of \1\)"), timeout=20_000)
        page.wait_for_timeout(500)
        page.screenshot(path=DOCS / "page.png", full_page=True)
        browser.close()


def shrink(picture: Path) -> None:
    """In 256 colours a picture takes half of the bytes and looks the same."""
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


if __name__ == "__main__":
    draw_explanations()
    draw_page()
    for name in ("verdict.png", "explain.png", "page.png"):
        shrink(DOCS / name)
