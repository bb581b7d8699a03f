// The form for a file: it is scored without leaving the page.
const at = (id) => document.getElementById(id);

at("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  score();
});

// As the form does by itself, but with what the service assumed of the file, and with its reason for a refusal.
async function score() {
  const [file] = at("file").files;
  const maxBytes = Number(at("file").dataset.most);
  const button = at("upload").querySelector("button");
  tell([]);
  refuse("");
  if (file.size > maxBytes - 4096) { // the form adds some bytes
    refuse(`Expected a file of at most ${maxBytes} bytes; this one has ${file.size}. Split it, or use: sentiment predict --input.`);
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
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = answer.headers.get("Content-Disposition").match(/filename="(.+)"/)[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    tell(JSON.parse(answer.headers.get("Sentiment-Notes") ?? "[]"), `${link.download} is downloaded, scored by ${fields.get("run")}.`);
  } catch (error) {
    refuse(error.message);
  } finally {
    button.disabled = false;
  }
}

function tell(notes, done = "") {
  const [title, list] = at("file-notes").children;
  title.textContent = notes.length ? `${done} This was assumed of your file:` : done;
  list.replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = note;
    return item;
  }));
  at("file-notes").hidden = !done;
}

function refuse(message) {
  at("file-complaint").textContent = message;
  at("file-complaint").hidden = !message;
}
