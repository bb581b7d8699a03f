// Heat maps, one for each gate and state: a column for each word, a row for each unit.
const MAPS = [
  ["input_gate", "Input gate", false],
  ["forget_gate", "Forget gate", false],
  ["output_gate", "Output gate", false],
  ["candidate", "Candidate", true],
  ["cell", "Cell", true],
  ["hidden", "Hidden state", true],
];

function colours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((pair) => parseInt(pair, 16));
  return { paper: rgb("--page"), gate: rgb("--accent"), up: rgb("--up"), down: rgb("--down") };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function drawMaps(place, explanation, gates, choose) {
  const palette = colours();
  const units = gates.unit_contribution.map((_, unit) => unit);
  units.sort((a, b) => gates.unit_contribution[b] - gates.unit_contribution[a]);
  place.replaceChildren(...MAPS.map(([name, title, signed]) => {
    const values = gates[name];
    const figure = document.createElement("div");
    const heading = document.createElement("h3");
    const readout = document.createElement("span");
    heading.append(title, readout);
    const map = document.createElement("div");
    map.className = "map";
    const column = document.createElement("div");
    column.className = "column";
    map.append(paint(values, units, signed, palette, title, explanation), column);
    map.addEventListener("click", (event) => {
      const box = map.getBoundingClientRect();
      const index = Math.floor(((event.clientX - box.left) / box.width) * values.length);
      choose(Math.min(Math.max(index, 0), values.length - 1));
    });
    figure.append(heading, map);
    figure.readout = (index) => {
      const figures = values[index].map(signed ? Math.abs : (value) => value);
      readout.textContent = `${signed ? "mean size" : "mean"} ${mean(figures).toFixed(2)}`;
    };
    return figure;
  }));
}

function paint(values, units, signed, palette, title, explanation) {
  const canvas = document.createElement("canvas");
  canvas.width = values.length;
  canvas.height = units.length;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}: ${units.length} units at each of ${explanation.tokens.length} words`);
  const largest = signed ? Math.max(...values.map((row) => Math.max(...row.map(Math.abs))), 1e-9) : 1;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  units.forEach((unit, row) => {
    values.forEach((step, word) => {
      const share = step[unit] / largest;
      const end = !signed ? palette.gate : share >= 0 ? palette.up : palette.down;
      const first = 4 * (row * canvas.width + word);
      for (let part = 0; part < 3; part++) {
        image.data[first + part] = palette.paper[part] + (end[part] - palette.paper[part]) * Math.min(Math.abs(share), 1);
      }
      image.data[first + 3] = 255;
    });
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

export function markColumn(place, explanation, index) {
  const count = explanation.tokens.length;
  for (const figure of place.children) {
    const column = figure.querySelector(".column");
    column.style.setProperty("--left", `${(100 * index) / count}%`);
    column.style.setProperty("--wide", `${100 / count}%`);
    if (index < explanation.gates?.[0]?.cell.length) figure.readout(index);
  }
}
