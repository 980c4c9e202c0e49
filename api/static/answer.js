/**
 * An answer as the reader sees it: its words with their markers, what stands
 * behind them, and how sure it is.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Citation} Citation
 */

import { counted, element, spokenOnly } from "./dom.js";
import { copyButton } from "./copy.js";
import { sourceName, sourceList } from "./sources.js";

const LONG_ANSWER = 90; // characters; above it the display size would fill the screen
const OPEN_SOURCES = 3;

/**
 * @param {Answer} answer
 * @returns {DocumentFragment}
 */
export function answerView(answer) {
  const view = document.createDocumentFragment();
  view.append(...words(answer), particulars(answer));
  const found = answer.status === "no_answer" ? answer.nearest : answer.citations;
  if (found.length > 0) view.append(sources(answer, found));
  linkMarkersToSources(view);
  return view;
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement[]}
 */
function words(answer) {
  if (answer.accounts.length === 0) return [element("p", { class: "no-answer" }, answer.text)];
  if (answer.accounts.length > 1) return accounts(answer);
  return [element("p", { class: answerClass(answer.text), dir: "auto" }, ...withMarkers(answer))];
}

/**
 * @param {string} text
 * @returns {string}
 */
function answerClass(text) {
  return text.length > LONG_ANSWER ? "answer answer-long" : "answer";
}

/**
 * The answer's text, its markers turned into links. Markers are looked for
 * after the quoted words only: an article may contain "[1]" itself.
 *
 * @param {Answer} answer
 * @returns {(Node | string)[]}
 */
function withMarkers(answer) {
  const { text, citations } = answer;
  const verbatim = answer.answer !== null && text.startsWith(answer.answer) ? answer.answer.length : 0;
  const numbered = new Map(citations.map((citation) => [citation.number, citation]));
  const pieces = text.slice(verbatim).split(/\s*\[(\d+)\]/);
  // split() with a group gives text, number, text, number, ..., text.
  const nodes = pieces.map((piece, at) => {
    if (at % 2 === 0) return piece;
    const citation = numbered.get(Number(piece));
    return citation ? marker(citation) : ` [${piece}]`;
  });
  return [text.slice(0, verbatim), ...nodes];
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement}
 */
function marker(citation) {
  const label = `source ${citation.number}: ${sourceName(citation)}`;
  const link = { class: "marker", href: citation.url, "aria-label": label, "data-source": citation.number };
  return element("sup", {}, element("a", link, String(citation.number)));
}

/**
 * Each account with who tells it.
 *
 * @param {Answer} answer one with several accounts
 * @returns {HTMLElement[]}
 */
function accounts(answer) {
  const numbered = new Map(answer.citations.map((citation) => [citation.number, citation]));
  const items = answer.accounts.map((account) => {
    const behind = account.citations.flatMap((number) => numbered.get(number) ?? []);
    return element(
      "li",
      {},
      element("p", { class: `account ${answerClass(account.answer)}`, dir: "auto" }, account.answer, ...behind.map(marker)),
      element("p", { class: "account-weight" }, voices(account, behind), confidence(account.confidence)),
    );
  });
  return [
    answer.status === "disputed"
      ? element("p", { class: "disputed" }, "Accounts differ.")
      : element("p", { class: "several" }, "The articles give several answers."),
    element("ol", { class: "accounts", role: "list" }, ...items),
  ];
}

/**
 * @param {Answer["accounts"][number]} account
 * @param {Citation[]} behind its citations
 * @returns {string} such as "CNN, Reuters: 2 independent sources"
 */
function voices(account, behind) {
  const names = [...new Set(behind.map(sourceName))];
  return `${names.join(", ")}: ${counted(account.sources, "independent source")}`;
}

/**
 * The quiet line: how sure, how fast, and a way to take the answer along.
 *
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function particulars(answer) {
  const line = element("div", { class: "particulars" });
  if (answer.status === "answered") line.append(confidence(answer.confidence));
  if (answer.status === "no_answer") line.append(turnedDown(answer.confidence));
  line.append(timing(answer.took_ms));
  if (answer.accounts.length > 0 && navigator.clipboard) line.append(copyButton(answer));
  return line;
}

/**
 * @param {number} value 0..1
 * @returns {HTMLElement}
 */
function confidence(value) {
  const percent = Math.round(value * 100);
  const word = value >= 0.8 ? "High" : value >= 0.5 ? "Medium" : "Low";
  const text = `${word} confidence, ${percent}%`;
  const meter = element("meter", { min: 0, max: 100, low: 50, high: 80, optimum: 100, value: percent, "aria-label": "Confidence" }, text);
  return element("span", { class: "confidence" }, meter, text);
}

/**
 * @param {number} value 0..1, of the best words that were not good enough
 * @returns {HTMLElement}
 */
function turnedDown(value) {
  return element("span", {}, `Best candidate turned down at ${Math.round(value * 100)}%`);
}

/**
 * @param {Answer["took_ms"]} took
 * @returns {HTMLElement}
 */
function timing(took) {
  const split = `Finding passages ${duration(took.retrieve)}, reading them ${duration(took.read)}`;
  return element("span", { class: "timing", title: split }, duration(took.total));
}

/**
 * @param {number} ms
 * @returns {string} such as "84 ms" or "1.2 s"
 */
function duration(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/**
 * @param {Answer} answer
 * @param {Citation[]} found
 * @returns {HTMLElement}
 */
function sources(answer, found) {
  const title = answer.status === "no_answer" ? "Nearest paragraphs" : counted(found.length, "source");
  // The reader hears the answer as it arrives and goes to the sources by choice.
  return element(
    "section",
    { class: "sources", "aria-live": "off" },
    element("h3", {}, title, answer.status === "no_answer" ? spokenOnly(", none of which answers the question") : null),
    sourceList(found, openedFirst(answer, found)),
  );
}

/**
 * Which sources show their paragraph at once: of a dispute one for each side,
 * else simply the first.
 *
 * @param {Answer} answer
 * @param {Citation[]} found
 * @returns {Set<number>} citation numbers
 */
function openedFirst(answer, found) {
  const sides = answer.accounts.map((account) => account.citations[0]);
  return new Set([...new Set([...sides, ...found.map((citation) => citation.number)])].slice(0, OPEN_SOURCES));
}

/**
 * Pointing at a marker picks out its source, and the other way round nothing:
 * a source may stand behind several markers.
 *
 * @param {DocumentFragment} view
 */
function linkMarkersToSources(view) {
  for (const link of view.querySelectorAll("a.marker")) {
    const source = view.querySelector(`.source[data-number="${link.getAttribute("data-source")}"]`);
    if (!source) continue;
    for (const event of ["pointerenter", "focus"]) link.addEventListener(event, () => source.classList.add("pointed-at"));
    for (const event of ["pointerleave", "blur"]) link.addEventListener(event, () => source.classList.remove("pointed-at"));
  }
}
