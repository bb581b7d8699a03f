// Files of rows as the service writes them, and the header of a file that is about to be judged.
const SEPARATORS = { ".csv": ",", ".tsv": "\t" };

const endingOf = (name) => name.slice(name.lastIndexOf(".")).toLowerCase();

// The fields of each row (RFC 4180), of at most so many rows.
function parse(text, separator, most = Infinity) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const end = () => {
    row.push(field);
    rows.push(row);
    [row, field] = [[], ""];
  };
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const char = text[i];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (char === '"' && !field) quoted = true;
    else if (char === separator) {
      row.push(field);
      field = "";
    } else if (char === "\n") end();
    else if (char !== "\r") field += char;
  }
  if (rows.length < most && (field || row.length)) end();
  return rows;
}

// What the page shows of each row; `number` counts them from 1.
export function rowsOf(name, text) {
  if (endingOf(name) === ".jsonl") {
    const values = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return values.map((row, index) => shown(row, index, row.sure));
  }
  const [header, ...rows] = parse(text, SEPARATORS[endingOf(name)]);
  return rows.map((fields, index) => {
    const row = Object.fromEntries(header.map((column, place) => [column, fields[place]]));
    return shown(row, index, row.sure === "true");
  });
}

function shown({ label, confidence, reason, text }, index, sure) {
  return { number: index + 1, label: label ?? "", confidence: parseFloat(confidence), reason: reason ?? "", text: text ?? "", sure };
}

// The names in the header of a file of text; none where they cannot be told.
export function columnsOf(name, head) {
  const ending = endingOf(name);
  if (ending === ".jsonl" || ending === ".ndjson") {
    try {
      return Object.keys(JSON.parse(head.split("\n")[0]));
    } catch {
      return [];
    }
  }
  if (!(ending in SEPARATORS)) return [];
  const [line] = head.replace(/^\uFEFF/, "").split("\n");
  const counts = [",", ";", "\t", "|"].map((separator) => [line.split(separator).length, separator]);
  const [count, separator] = counts.sort(([one], [other]) => other - one)[0];
  return count > 1 ? parse(line, separator, 1)[0] ?? [] : [];
}
