"""What axe-core finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults(page: Page) -> list[str]:
    """A line for each element that breaks a rule: the rule, what it asks for, and where."""
    return [
        f"{violation['id']}: {violation['help']}: {' '.join(map(str, node['target']))}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
