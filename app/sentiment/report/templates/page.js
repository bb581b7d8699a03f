// Sorts tables by a click on a header, and copies commands. Without it, the page has the same content.
"use strict";

function value(cell) {
  const text = (cell.dataset.sort ?? cell.textContent).trim();
  const number = parseFloat(text.replace(/^[<>] /, "").replaceAll(",", ""));
  return { text, number };
}

function sort(table, column, head) {
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, ...value(row.cells[column]) }));
  const isNumber = column > 0 && rows.some(({ number }) => !isNaN(number));
  const before = head.getAttribute("aria-sort");
  const descending = before ? before === "ascending" : isNumber; // figures: the largest first
  rows.sort((a, b) => {
    if (!isNumber) return a.text.localeCompare(b.text) * (descending ? -1 : 1);
    if (isNaN(a.number) || isNaN(b.number)) return isNaN(a.number) - isNaN(b.number); // a dash: last
    return (a.number - b.number) * (descending ? -1 : 1);
  });
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  table.tBodies[0].append(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  table.classList.add("can-sort");
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column, head));
    head.append(button);
  });
}

for (const command of document.querySelectorAll("code.command")) {
  const button = document.createElement("button");
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(command);
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C"; // the browser forbids it here; the command is selected
    }
  });
  command.after(button);
}
