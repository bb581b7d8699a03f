// The page with JavaScript: verdicts without a reload, phrases, the reading word by word, and figures for experts.
// Reviews reach the page as text only (textContent), never as markup.
import { drawMaps, markColumn } from "/static/gates.js";
import { drawCurve, moveCurve } from "/static/curve.js";
import { named, percent, shareOf } from "/static/verdicts.js";

const at = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const READING_MS = 4000; // for a whole review at most
const WORD_MS = 220; // for a word, at most
const TYPING_MS = 350; // of silence, until what was typed is judged

let explanation = null; // of the review on the page
let position = 0; // number of words read
let timer = null;
let typing = null;
let latest = 0; // number of the latest request: responses to earlier ones are ignored

document.documentElement.classList.add("js");

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
for (const example of document.querySelectorAll(".examples button")) {
  example.addEventListener("click", () => {
    at("text").value = example.textContent;
    ask();
  });
}
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("ask").requestSubmit();
});
at("text").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(glance, TYPING_MS);
});
at("run").addEventListener("change", () => (explanation ? ask() : glance()));
at("target").addEventListener("change", ask); // also while an explanation of another class is on its way
at("position").addEventListener("input", (event) => {
  stop();
  readTo(Number(event.target.value));
});
at("play").addEventListener("click", () => (timer ? stop() : play()));
at("gates").addEventListener("toggle", showGates);
at("direction").addEventListener("change", showGates);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showGates);

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const values = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(values.error?.message ?? `The service answered ${answer.status}.`);
  return values;
}

function complain(message) {
  at("complaint").textContent = message;
  at("complaint").hidden = !message;
}

// The verdict alone, while somebody types. What is shown of an earlier text goes.
async function glance() {
  const text = at("text").value;
  const run = at("run").value;
  if (text.trim() && text.trim() === explanation?.input.trim()) return;
  const request = ++latest;
  at("ask").querySelector("button.primary").disabled = false;
  stop();
  forget();
  document.querySelector("#verdict .sides")?.remove();
  at("compare").hidden = at("unexplained").hidden = true;
  at("target-field").hidden = at("by-sentence").hidden = true;
  if (!text.trim()) {
    at("verdict").hidden = true;
    at("waiting").hidden = false;
    return;
  }
  try {
    const { predictions } = await post("/v1/predict", { texts: text, run });
    if (request !== latest) return;
    complain("");
    showVerdict(predictions[0], classesOf(predictions[0]));
  } catch {
    // Whoever asks with the button is told of what is wrong.
  }
}

async function ask() {
  clearTimeout(typing);
  const request = ++latest;
  const text = at("text").value;
  const run = at("run").value;
  const { explains } = at("run").selectedOptions[0].dataset;
  const button = at("ask").querySelector("button.primary");
  stop();
  complain("");
  if (!text.trim()) {
    complain("There is nothing to read yet: type or paste a review.");
    at("text").focus();
    return;
  }
  button.disabled = true;
  const rows = [...document.querySelectorAll("#compare tr[data-run]")];
  for (const row of rows) row.classList.toggle("chosen", row.dataset.run === run);
  const compared = rows.map((row) => compare(row, text, request));
  try {
    const { predictions } = await post("/v1/predict", { texts: text, run });
    if (request !== latest) return;
    const classes = classesOf(predictions[0]);
    showVerdict(predictions[0], classes);
    bringIntoView(at("verdict"));
    offerTargets(classes, explains !== undefined);
    document.querySelector("#verdict .sides")?.remove(); // of the page as it was sent, for an earlier review
    at("unexplained").hidden = explains !== undefined;
    const spoken = at("why").textContent || `${at("probability").textContent}.`;
    at("live").textContent = `${named(predictions[0])}, ${spoken}`;
    showSentences(text, run, classes, request);
    if (explains === undefined) {
      forget();
      return;
    }
    const answer = await post("/v1/explain", { text, run, target: at("target").value || null });
    if (request !== latest) return;
    show({ ...answer, input: text });
  } catch (error) {
    if (request === latest) {
      forget();
      complain(error.message);
    }
  } finally {
    if (request === latest) button.disabled = false;
  }
  await Promise.all(compared);
}

// A long text is several opinions: each sentence with its verdict, if there are several.
async function showSentences(text, run, classes, request) {
  at("by-sentence").hidden = true;
  const { sentences } = await post("/v1/sentences", { text, run }).catch(() => ({ sentences: [] })); // too many
  if (request !== latest) return;
  const { ordered } = at("run").selectedOptions[0].dataset; // other classes have no good and bad end
  const [lowest, highest] = ordered === undefined && classes.length > 2 ? [] : [classes[0], classes.at(-1)];
  at("sentences").replaceChildren(...sentences.map(({ text: sentence, prediction }) => {
    const item = document.createElement("li");
    const verdict = document.createElement("strong");
    verdict.textContent = prediction.reason ? prediction.label : `${named(prediction)}, ${percent(prediction.confidence)}`;
    if (prediction.sure) verdict.className = { [lowest]: "down", [highest]: "up" }[prediction.label] ?? "muted";
    item.className = verdict.className;
    item.append(sentence, " ", verdict);
    return item;
  }));
  at("by-sentence").hidden = sentences.length < 2;
}

// On a phone, the verdict lies below the form.
function bringIntoView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
}

function forget() {
  explanation = null;
  at("reading").hidden = at("inside").hidden = true;
}

async function compare(row, text, request) {
  const [verdict, number, bar] = [".verdict", ".number", "progress"].map((part) => row.querySelector(part));
  try {
    const { predictions } = await post("/v1/predict", { texts: text, run: row.dataset.run });
    if (request !== latest) return;
    const { confidence, reason } = predictions[0];
    verdict.textContent = named(predictions[0]);
    number.textContent = reason ? "" : percent(confidence);
    bar.value = reason ? 0 : confidence;
  } catch {
    if (request !== latest) return;
    verdict.textContent = "no answer";
    number.textContent = "";
    bar.value = 0;
  }
  at("compare").hidden = false;
}

const sentences = JSON.parse(at("why").dataset.sentences); // by the reason for an uncertain verdict

function showVerdict(prediction, classes) {
  const { label, confidence, sure, truncated, reason, stars, unknown_share: unknownShare } = prediction;
  const two = classes.length === 2;
  at("verdict").hidden = false;
  at("waiting").hidden = true;
  at("label").textContent = named(prediction);
  at("label").className = two && sure ? ["down", "up"][classes.indexOf(label)] : "";
  const graded = stars === null ? "" : `, ${stars.toFixed(1)} stars`;
  at("probability").textContent = reason ? "" : percent(confidence) + graded; // with too few known words it means nothing
  at("shares").hidden = Boolean(reason);
  at("shares").replaceChildren(...(at("shares").hidden ? [] : classes.map((name) => shareOf(name, prediction.probabilities[name], name === label))));
  const share = unknownShare ? ` ${Math.round(100 * unknownShare)}% of its words are unknown.` : "";
  at("why").textContent = reason ? (sentences[reason] ?? "") + share : "";
  at("why").hidden = !reason;
  const { certainty } = at("run").selectedOptions[0].dataset;
  at("certainty").hidden = sure || Boolean(reason) || !certainty;
  at("certainty").textContent = `Not sure, because ${certainty}.`;
  if (truncated !== undefined) at("truncated").hidden = !truncated;
}

// In the order of the run, which objects of JavaScript lose where names are numbers.
function classesOf({ probabilities }) {
  const names = JSON.parse(at("run").selectedOptions[0].dataset.classes);
  const trained = Object.keys(probabilities); // the run may have been trained again since the page was sent
  return names.length === trained.length && names.every((name) => name in probabilities) ? names : trained;
}

// Of two classes, what speaks against one speaks for the other, so there is nothing to choose.
function offerTargets(classes, explains) {
  const names = classes.length === 2 ? [] : classes;
  const [usual, ...options] = at("target").options;
  at("target-field").hidden = !names.length || !explains;
  if (options.length === names.length && options.every(({ value }, index) => value === names[index])) return;
  at("target").replaceChildren(usual, ...names.map((name) => new Option(name, name)));
  at("target").value = "";
}

// What a contribution speaks for: the class that is explained, or the other one of two, or against it.
function sides({ target, classes }) {
  const [other, ...more] = classes.filter((name) => name !== target);
  return [`for ${target}`, more.length ? `against ${target}` : `for ${other}`];
}

function readAs(probability) {
  const { target, classes } = explanation;
  return classes.length === 2
    ? `the review is ${percent(probability)} ${target}`
    : `the probability of ${target} is ${percent(probability)}`;
}

function fill(selector, text) {
  for (const element of document.querySelectorAll(selector)) element.textContent = text;
}

// The phrase of each token: the words that act together.
function phrasesOf({ tokens, phrases }) {
  let index = 0;
  return tokens.map((token) => {
    while (index < phrases.length - 1 && phrases[index].end < token.end) index++;
    return phrases[index];
  });
}

// As sentiment.explain.terminal has it: from so many logits on.
function inWords(contribution) {
  const { target, classes } = explanation;
  const strength = Math.abs(contribution);
  const adverb = strength >= 2 ? "strongly " : strength >= 0.7 ? "" : "weakly ";
  const polarity = ["negative", "positive"];
  if (contribution >= 0) return adverb + (polarity.includes(target) ? target : `for ${target}`);
  const [, away] = sides(explanation);
  return adverb + (classes.length === 2 && classes.every((name) => polarity.includes(name)) ? away.replace(/^for /, "") : away);
}

function show(answer) {
  explanation = answer;
  answer.phraseOf = phrasesOf(answer);
  const strongest = Math.max(...answer.phrases.map((phrase) => Math.abs(phrase.contribution)), 1e-9);
  const characters = Array.from(answer.text_read); // offsets count code points; JavaScript strings count UTF-16 units
  const words = at("words");
  words.replaceChildren();
  let end = 0;
  let chip = null;
  answer.tokens.forEach((token, index) => {
    const phrase = answer.phraseOf[index];
    const between = characters.slice(end, token.start).join("");
    const begins = phrase !== answer.phraseOf[index - 1];
    (begins ? words : chip).append(between.trim() ? " […] " : between);
    if (begins) {
      chip = document.createElement("span");
      const share = phrase.contribution / strongest;
      chip.classList.add("phrase", share >= 0 ? "for" : "against");
      chip.style.setProperty("--share", Math.abs(share).toFixed(3));
      words.append(chip);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = token.text || "·";
    button.addEventListener("click", () => choose(index));
    chip.append(button);
    end = token.end;
  });
  words.onkeydown = moveBetweenWords;
  at("position").max = answer.tokens.length;
  const [toward, away] = sides(answer);
  fill(".target", answer.target);
  fill(".speaks-for", toward);
  fill(".speaks-against", away);
  at("shared").hidden = !answer.shared;
  at("shared").textContent = `The review is long: ${answer.shared} of its ${answer.tokens.length} words, in weaker parts, were judged in groups to save time.`;
  drawCurve(at("curve"), answer.tokens, answer.target);
  at("reading").hidden = at("inside").hidden = false;
  at("gates-shown").hidden = true;
  at("gates-note").textContent = "";
  calm.matches ? readTo(answer.tokens.length) : play();
  showGates();
}

function choose(index) {
  stop();
  readTo(index + 1);
}

function moveBetweenWords(event) {
  const last = explanation.tokens.length - 1;
  const here = position - 1;
  const steps = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: last };
  if (!(event.key in steps)) return;
  event.preventDefault();
  choose(Math.min(Math.max(steps[event.key], 0), last));
  at("words").querySelectorAll("button")[position - 1].focus();
}

function readTo(number) {
  position = number;
  const { tokens } = explanation;
  const token = tokens[number - 1];
  at("words").querySelectorAll("button").forEach((button, index) => {
    button.classList.toggle("unread", index >= number);
    button.setAttribute("aria-pressed", String(index === number - 1));
    button.tabIndex = index === number - 1 ? 0 : -1; // one tab stop; arrow keys move between words
  });
  const slider = at("position");
  slider.value = number;
  slider.setAttribute("aria-valuetext", `${token.text}, word ${number} of ${tokens.length}: ${readAs(token.probability_after)}`);
  const phrase = explanation.phraseOf[number - 1];
  const several = phrase.start !== token.start || phrase.end !== token.end;
  at("word").replaceChildren(
    bold(token.text || "·"),
    ` (word ${number} of ${tokens.length})`
      + (several ? ` of “${phrase.text}”` : "")
      + `: ${inWords(phrase.contribution)}`
      + (token.known === false ? "; it is not in the vocabulary" : "")
      + `. Had the review ended here, ${readAs(token.probability_after)}.`,
  );
  const signed = (contribution) => `${contribution < 0 ? "−" : "+"}${Math.abs(contribution).toFixed(2)}`;
  const [toward] = sides(explanation);
  const alone = !several ? "" : ` “${token.text}” alone: ${signed(token.contribution)}.`;
  at("logits").textContent = `“${phrase.text}” adds ${signed(phrase.contribution)} logits ${toward}.${alone}`;
  moveCurve(at("curve"), tokens, number - 1);
  markColumn(at("maps"), explanation, number - 1);
}

function bold(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}

function play() {
  stop();
  const { tokens } = explanation;
  const pause = Math.min(WORD_MS, READING_MS / tokens.length);
  const started = performance.now();
  at("play").textContent = "Stop";
  readTo(1);
  timer = setInterval(() => {
    readTo(Math.min(1 + Math.floor((performance.now() - started) / pause), tokens.length));
    if (position === tokens.length) stop();
  }, Math.max(pause, 30));
}

function stop() {
  clearInterval(timer);
  timer = null;
  at("play").textContent = "Play";
}

async function showGates() {
  if (!at("gates").open || !explanation) return;
  const explained = explanation;
  if (!explained.gates?.length && !explained.gatesRequested) {
    at("gates-note").textContent = "Computing …";
    try {
      const answer = await post("/v1/explain", { text: explained.input, run: explained.run, gates: true, target: explained.target });
      Object.assign(explained, { gates: answer.gates, gates_note: answer.gates_note, gatesRequested: true });
    } catch (error) {
      at("gates-note").textContent = error.message;
      return;
    }
    if (explained !== explanation) return;
  }
  at("gates-note").textContent = explained.gates?.length ? "" : explained.gates_note || "This network has no gates to show.";
  at("gates-shown").hidden = !explained.gates?.length;
  if (!explained.gates?.length) return;
  const directions = at("direction");
  if (directions.options.length !== explained.gates.length) {
    directions.replaceChildren(...explained.gates.map(({ direction }) => new Option(direction)));
  }
  at("direction-field").hidden = explained.gates.length < 2;
  drawMaps(at("maps"), explained, explained.gates[Math.max(directions.selectedIndex, 0)], choose);
  markColumn(at("maps"), explained, position - 1);
}
