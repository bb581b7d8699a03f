"""Figures as SVG with text as text, in colours that follow a light or a dark page.

A colour is written as a CSS variable, `var(--c0072b2)`. `COLOURS` gives the variables their values: a page has it once
for all of its figures, a file has it inside.
"""

import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

_SVG, _LINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_GAP = 12  # points between the panels of a file

# What is drawn in a colour on white, and what takes its place on a dark page: as far from its ground, and the same hue.
_DARK = {
    "#222222": "#e6e9ed", "#000000": "#f2f4f6", "#666666": "#9aa4af", "#e2e2e2": "#323941", "#ffffff": "#14171b",
    "#0072b2": "#5aaee6", "#d55e00": "#f08a3c", "#009e73": "#2fc79b", "#aa4499": "#d985cb", "#c98b00": "#e0ac35",
    "#4d4d4d": "#b4bac1", "#56b4e9": "#8fd0f7", "#999999": "#8b929a",
}  # fmt: skip
_LIGHT_COLOURS = "".join(f"--c{colour[1:]}:{colour};" for colour in _DARK)
_DARK_COLOURS = "".join(f"--c{colour[1:]}:{dark};" for colour, dark in _DARK.items())
COLOURS = (
    f":root{{{_LIGHT_COLOURS}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_DARK_COLOURS}}}}}"  # paper is white
)

ElementTree.register_namespace("", _SVG)


def variable(colour: str) -> str:
    """The CSS of a colour that is drawn on white; the colour itself where no other takes its place on a dark page."""
    return f"var(--c{colour.lower()[1:]})" if colour.lower() in _DARK else colour


def svg(figure: Figure, name: str) -> str:
    """The figure as one `svg` element, for a page that has `COLOURS`. The same figure gives the same text.

    Args:
        figure: what is drawn.
        name: differs from that of every other figure of a page, as parts of figures refer to each other by id.
    """
    buffer = io.BytesIO()
    no_date = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=no_date)
    root = ElementTree.fromstring(buffer.getvalue())
    return ElementTree.tostring(_cleaned(root), encoding="unicode")


def sheet(panels: Sequence[str], columns: int) -> str:
    """A file with figures side by side that looks the same without a page around it.

    Args:
        panels: what `svg` gave, all of one size.
        columns: panels in a row.
    """
    _, _, width, height = map(float, ElementTree.fromstring(panels[0]).attrib["viewBox"].split())
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    root = ElementTree.Element(
        f"{{{_SVG}}}svg",
        viewBox=f"0 0 {columns * (width + _GAP) - _GAP:g} {rows * (height + _GAP) - _GAP:g}",
        style="font-family:system-ui,'DejaVu Sans',sans-serif",
    )
    ElementTree.SubElement(root, f"{{{_SVG}}}style").text = COLOURS
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        element = ElementTree.fromstring(panel)
        place = {"x": column * (width + _GAP), "y": row * (height + _GAP), "width": width, "height": height}
        element.attrib |= {key: f"{value:g}" for key, value in place.items()}
        root.append(element)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _cleaned(root: ElementTree.Element) -> ElementTree.Element:
    """Without what only Matplotlib reads, with short numbers and with variables for colours."""
    text = ElementTree.tostring(root, encoding="unicode")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        if f"#{element.get('id')}" not in text:
            element.attrib.pop("id", None)
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if link := element.attrib.pop(_LINK, None):
            element.set("href", link)
        if path := element.get("d"):
            element.set("d", _rounded(" ".join(path.split())))
        if style := element.get("style"):
            style = re.sub(r"font: (?:(\w+) )?([\d.]+px)[^;]*", r"font-weight: \1; font-size: \2", style)
            style = re.sub(r"font-family: [^;]*;? ?|font-weight: ; ", "", style)  # the page's own
            element.set("style", re.sub(r"#[0-9a-f]{6}\b", lambda colour: variable(colour[0]), style))
        element.text, element.tail = (element.text or "").strip(), None
    del root.attrib["width"], root.attrib["height"], root.attrib["version"]
    # What Matplotlib says in a style sheet, which would be one of the whole page, and black, which it leaves out.
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt", "style": f"fill: {variable('#000000')}"}
    return root


def _rounded(path: str) -> str:
    """With hundredths of a point, which nobody sees."""
    return re.sub(r"-?\d+\.\d{2,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), path)
