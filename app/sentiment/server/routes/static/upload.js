// The form for a file: it is judged without leaving the page, and its rows are looked at before they are downloaded.
import { columnsOf, rowsOf } from "/static/tables.js";
import { named, percent, shareOf } from "/static/verdicts.js";

const SHOWN = 50; // rows, at most
const HEAD = 65536; // bytes of a file in which its header is looked for
const at = (id) => document.getElementById(id);

let rows = []; // of the file that was judged
let address = ""; // of what is downloaded

at("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  score();
});
at("file").addEventListener("change", offerColumns);
at("result-order").addEventListener("change", list);
at("result-label").addEventListener("change", list);

async function offerColumns() {
  const [file] = at("file").files;
  const names = file ? columnsOf(file.name, await file.slice(0, HEAD).text()) : [];
  at("columns").replaceChildren(...names.map((name) => new Option(name, name)));
}

// As the form does by itself, but with what the service assumed of the file, and with its reason for a refusal.
async function score() {
  const [file] = at("file").files;
  const maxBytes = Number(at("file").dataset.most);
  const button = at("upload").querySelector("button");
  tell([]);
  refuse("");
  at("result").hidden = true;
  if (file.size > maxBytes - 4096) { // the form adds some bytes
    refuse(`${file.name}: expected a file of at most ${maxBytes} bytes; this one has ${file.size}. Split it, or use: sentiment predict --input.`);
    return;
  }
  button.disabled = true;
  try {
    const fields = new FormData(at("upload"));
    const answer = await fetch("/score", { method: "POST", headers: { Accept: "application/json" }, body: fields });
    if (!answer.ok) {
      const values = await answer.json().catch(() => ({}));
      throw new Error(values.error?.message ?? `The service answered ${answer.status}.`);
    }
    const judged = await answer.blob();
    const name = answer.headers.get("Content-Disposition").match(/filename="(.+)"/)[1];
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(judged);
    at("result-download").href = address;
    at("result-download").download = name;
    rows = rowsOf(name, await judged.text());
    at("result-title").textContent = `${rows.length.toLocaleString("en")} rows of ${file.name}, judged by ${fields.get("run")}`;
    summarise();
    list();
    at("result").hidden = false;
    tell(JSON.parse(answer.headers.get("Sentiment-Notes") ?? "[]"));
  } catch (error) {
    refuse(`${file.name}: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

// How many rows have each verdict, and a filter for them.
function summarise() {
  const counts = new Map();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const labels = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const text = (label) => `${label || "empty"}: ${counts.get(label).toLocaleString("en")}`;
  at("result-shares").replaceChildren(...labels.map((label) => shareOf(text(label), counts.get(label) / rows.length)));
  at("result-label").replaceChildren(new Option("all", "*"), ...labels.map((label) => new Option(label || "empty", label)));
}

function list() {
  const label = at("result-label").value;
  const order = { unsure: (one, other) => one.confidence - other.confidence, sure: (one, other) => other.confidence - one.confidence, file: () => 0 };
  const judged = at("result-order").value === "file" ? rows : rows.filter(({ reason }) => !reason);
  const shown = judged.filter((row) => label === "*" || row.label === label).sort(order[at("result-order").value]).slice(0, SHOWN);
  at("result-rows").replaceChildren(...shown.map((row) => {
    const line = document.createElement("tr");
    for (const text of [row.number, named(row), row.reason || Number.isNaN(row.confidence) ? row.reason : percent(row.confidence), row.text]) {
      line.append(document.createElement("td"));
      line.lastChild.textContent = text;
    }
    return line;
  }));
}

function tell(notes) {
  const [title, list] = at("file-notes").children;
  title.textContent = "This was assumed of your file:";
  list.replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = note;
    return item;
  }));
  at("file-notes").hidden = !notes.length;
}

function refuse(message) {
  at("file-complaint").textContent = message;
  at("file-complaint").hidden = !message;
}
