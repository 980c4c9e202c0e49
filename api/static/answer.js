/**
 * An answer as the reader sees it: its sentence or its accounts, how sure it
 * is, and the sources behind it.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Citation} Citation
 */

import { accountsView, citationsOf, howSure, silentView, weight } from "./accounts.js";
import { inPercent, inWords, isOnlyPossible } from "./confidence.js";
import { copyButton, partly } from "./copy.js";
import { counted, element } from "./dom.js";
import { claimedBy, markedSentence, marker, origin, placeOf } from "./quotation.js";
import { paragraph, sourceList } from "./sources.js";

const LONG_SENTENCE = 150; // characters; above it the display size would fill the screen

/**
 * @param {Answer} answer
 * @param {boolean} [isWhole] false while it may still change
 * @returns {DocumentFragment}
 */
export function answerView(answer, isWhole = true) {
  const view = document.createDocumentFragment();
  view.append(...told(answer));
  if (!isWhole) return view;
  // Where there is no answer, the service's own words say it.
  if (answer.searched && answer.accounts.length > 0) view.append(element("p", { class: "nothing-next" }, partly(answer)));
  const silent = answer.status === "disputed" || answer.accounts.length > 1 ? silentView(answer) : null;
  if (silent) view.append(silent);
  if (answer.status !== "no_question") view.append(particulars(answer));
  const found = answer.status === "no_answer" ? answer.nearest : answer.citations;
  if (found.length > 0) view.append(sources(answer, found));
  linkMarkersToSources(view);
  return view;
}

/**
 * @param {Answer} answer
 * @returns {(Node | string)[]}
 */
function told(answer) {
  if (answer.status === "no_question") return [noQuestion(answer)];
  if (answer.accounts.length === 0) return [noAnswer(answer)];
  if (answer.accounts.length > 1) return accountsView(answer);
  return single(answer);
}

/**
 * One account: the sentence it stands in, and who says so.
 *
 * @param {Answer} answer
 * @returns {HTMLElement[]}
 */
function single(answer) {
  const [account] = answer.accounts;
  const behind = citationsOf(account, answer);
  const [first] = behind;
  const sentence = markedSentence(first);
  const length = first.sentence?.text.length ?? first.paragraph.text.length;
  const isDoubtful = isOnlyPossible(answer.confidence);
  const inWhole = isDoubtful ? element("div", { class: "doubt" }, ...paragraph(first)) : null;
  return [
    isDoubtful ? element("p", { class: "possibly" }, element("strong", {}, "Possibly"), ": ", answer.answer, marker(first)) : "",
    inWhole ??
      element(
        "blockquote",
        { class: length > LONG_SENTENCE ? "answer answer-long" : "answer", dir: "auto", cite: first.url },
        ...sentence,
        marker(first),
      ),
    claimedBy(first) ?? "",
    origin(first.article, element("span", {}, placeOf(first)), agreement(account, behind)),
  ].filter((part) => part !== "");
}

/**
 * @param {import("./client.js").Account} account
 * @param {Citation[]} behind
 * @returns {HTMLElement} such as "3 independent sources say so", with the markers of the others
 */
function agreement(account, behind) {
  const said = weight(account, behind);
  const verb = said === "One source" ? "says so" : "say so";
  const attributes = { class: account.sources > 1 ? "agreement several-agree" : "agreement" };
  return element("span", attributes, `${said} ${verb}`, ...behind.slice(1).map(marker));
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement} what the service says: its first sentence large, why it may be so below
 */
function noAnswer(answer) {
  const next = answer.nearest.length > 0 ? "These paragraphs come nearest." : "";
  const [said, ...more] = answer.text.split(/(?<=\.)\s+/);
  const why = more.join(" ");
  return element(
    "div",
    { class: "nothing" },
    element("p", { class: "no-answer" }, said),
    why && element("p", { class: "nothing-next" }, why),
    next && element("p", { class: "nothing-next" }, next),
  );
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function noQuestion(answer) {
  return element(
    "div",
    { class: "nothing" },
    element("p", { class: "no-question", dir: "auto" }, answer.text),
    element("p", { class: "nothing-next" }, "Ask for who, what, when, where, how many or why: the answer is a sentence of the documents."),
  );
}

/**
 * The quiet line: how sure, a way to take the answer along, and what else is known.
 *
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function particulars(answer) {
  const line = element("div", { class: "particulars" });
  if (answer.accounts.length > 0) {
    if (answer.accounts.length === 1) line.append(howSure(answer.confidence));
    // Of accounts that exclude each other none is called likely: the sources behind each are what counts.
    if (answer.status === "disputed" && isOnlyPossible(answer.confidence)) line.append(element("span", {}, inWords(answer.confidence)));
    if (navigator.clipboard) line.append(copyButton(answer));
  }
  line.append(details(answer));
  return line;
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement} numbers for who asks for them
 */
function details(answer) {
  const rows = likelihoods(answer);
  if (answer.took_ms) {
    rows.push(["Finding paragraphs", duration(answer.took_ms.retrieve)]);
    rows.push(["Reading them", duration(answer.took_ms.read)]);
    rows.push(["In all", duration(answer.took_ms.total)]);
  }
  const list = rows.flatMap(([name, value]) => [element("dt", { dir: "auto" }, name), element("dd", {}, value)]);
  return element("details", { class: "numbers" }, element("summary", {}, "Details"), element("dl", {}, ...list));
}

/**
 * @param {Answer} answer
 * @returns {string[][]} what is likely, and how much; nothing of accounts that exclude each other
 */
function likelihoods({ status, confidence, accounts }) {
  if (status === "disputed") return [];
  if (accounts.length === 0) return [["Best candidate, turned down", inPercent(confidence)]];
  if (accounts.length === 1) return [["Likely to be right", inPercent(confidence)]];
  return accounts.map((account) => [`Likely to be right: ${account.answer}`, inPercent(account.confidence)]);
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
  const isNearest = answer.status === "no_answer";
  const title = isNearest ? "Nearest paragraphs" : counted(found.length, "quotation");
  // The reader hears the answer as it arrives and goes to the sources by choice.
  return element(
    "section",
    { class: "sources", "aria-live": "off", "aria-label": isNearest ? "Nearest paragraphs" : "Sources" },
    element("h3", {}, title),
    sourceList(found, isNearest ? new Set([1, 2]) : new Set()),
  );
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
