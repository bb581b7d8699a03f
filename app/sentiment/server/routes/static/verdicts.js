// How verdicts and probabilities are shown.

export function percent(probability) {
  const rounded = Math.round(100 * probability);
  return rounded < 1 ? "under 1%" : rounded > 99 ? "over 99%" : `${rounded}%`;
}

export function named({ label, sure, reason }) {
  return sure || reason ? label : `not sure: rather ${label}`;
}

// A name with a share, as a number and as a bar.
export function shareOf(name, share, isChosen = false) {
  const item = document.createElement("li");
  const [title, number] = [document.createElement("span"), document.createElement("span")];
  const bar = document.createElement("progress");
  item.className = isChosen ? "chosen" : "";
  title.textContent = name;
  number.textContent = percent(share);
  number.className = "number";
  bar.value = share;
  bar.setAttribute("aria-hidden", "true");
  item.append(title, " ", number, " ", bar);
  return item;
}
