// The probability of a class after every word, as a line from 0 (bottom) to 1 (top).
const WIDE = 800;
const HIGH = 200;
const EDGE = 8;

const x = (index, count) => (count === 1 ? WIDE / 2 : EDGE + (index / (count - 1)) * (WIDE - 2 * EDGE));
const y = (probability) => EDGE + (1 - probability) * (HIGH - 2 * EDGE);

function path(svg, name) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
  element.setAttribute("class", name);
  svg.append(element);
  return element;
}

function line(tokens, from, to) {
  const points = tokens.slice(from, to + 1).map((token, i) => `${x(from + i, tokens.length)} ${y(token.probability_after)}`);
  return points.length ? `M${points.join("L")}` : "";
}

export function drawCurve(svg, tokens, target) {
  svg.querySelectorAll("path").forEach((element) => element.remove());
  path(svg, "middle").setAttribute("d", `M0 ${y(0.5)}H${WIDE}`);
  for (const name of ["ahead", "read", "here", "point"]) path(svg, name);
  const values = tokens.map((token) => token.probability_after);
  const shown = [values[0], Math.min(...values), Math.max(...values), values.at(-1)].map((p) => `${Math.round(100 * p)}%`);
  svg.querySelector("title").textContent =
    `The verdict after every word, as the probability of ${target}: begins at ${shown[0]}, falls to ${shown[1]} and rises to ${shown[2]} on the way, ends at ${shown[3]}.`;
}

export function moveCurve(svg, tokens, index) {
  svg.querySelector(".read").setAttribute("d", line(tokens, 0, index));
  svg.querySelector(".ahead").setAttribute("d", line(tokens, index, tokens.length - 1));
  svg.querySelector(".here").setAttribute("d", `M${x(index, tokens.length)} 0V${HIGH}`);
  // A line of no length with round ends: a circle would be stretched with the SVG.
  svg.querySelector(".point").setAttribute("d", `M${x(index, tokens.length)} ${y(tokens[index].probability_after)}h.01`);
}
