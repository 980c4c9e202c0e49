/**
 * Taking words along: an answer with its sources, or one quotation with its
 * reference in the form that is asked for.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Citation} Citation
 */

import { headed } from "./accounts.js";
import { requestText, ServiceError } from "./client.js";
import { isOnlyPossible } from "./confidence.js";
import { button, dateInWords, element } from "./dom.js";
import { collectionOf, placeOf } from "./quotation.js";

const NOTICE_MS = 2000;

/** @type {[string, string][]} the name of each form, and what the service calls it */
const STYLES = [
  ["Quotation", "plain"],
  ["Markdown", "markdown"],
  ["BibTeX", "bibtex"],
  ["CSL-JSON", "csl"],
];

/**
 * @param {string} label
 * @param {() => string | Promise<string>} words what is copied
 * @returns {HTMLButtonElement}
 */
export function copying(label, words) {
  const node = button(label, "text-button copy", async () => {
    node.textContent = await outcome(words);
    setTimeout(() => (node.textContent = label), NOTICE_MS);
  });
  node.setAttribute("aria-live", "polite");
  return node;
}

/**
 * @param {Answer} answer
 * @returns {HTMLButtonElement}
 */
export function copyButton(answer) {
  return copying("Copy with sources", () => asText(answer));
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement} a button for each form of its reference
 */
export function referenceButtons(citation) {
  const { article, sentence, url } = citation;
  const isInside = sentence && sentence.start <= citation.start && citation.end <= sentence.end;
  const { start, end } = isInside ? sentence : citation;
  const asked = new URLSearchParams({ start: String(start), end: String(end) });
  const collection = collectionOf(citation);
  if (collection) asked.set("collection", collection);
  const path = `/v1/articles/${encodeURIComponent(article.id)}/reference?${asked}&style=`;
  return element(
    "div",
    { class: "copy-row", role: "group", "aria-label": "Copy the quotation" },
    element("span", { class: "copy-what", "aria-hidden": "true" }, "Copy"),
    ...STYLES.map(([label, style]) => copying(label, () => requestText(path + style))),
    copying("Link", () => new URL(url, location.href).href),
  );
}

/**
 * @param {() => string | Promise<string>} words
 * @returns {Promise<string>} what to tell the reader
 */
async function outcome(words) {
  try {
    return (await copied(await words())) ? "Copied" : "Copying was refused";
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copied(text) {
  // A page that came over plain HTTP from another machine has no clipboard of the new kind.
  if (!navigator.clipboard) return copiedByCommand(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    // NotAllowedError: the browser, or the reader, said no.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/**
 * @param {string} text
 * @returns {boolean}
 */
function copiedByCommand(text) {
  const from = document.activeElement;
  const holder = /** @type {HTMLTextAreaElement} */ (element("textarea", { class: "visually-hidden" }));
  holder.value = text;
  (from?.closest("dialog") ?? document.body).append(holder);
  holder.select();
  const done = document.execCommand("copy");
  holder.remove();
  if (from instanceof HTMLElement) from.focus({ preventScroll: true });
  return done;
}

/**
 * @param {Answer} answer
 * @returns {string}
 */
function asText(answer) {
  const said = headed(answer).map(([head, accounts]) => {
    const versions = accounts.map((account) => [possibly(account, answer) + account.answer, ...account.citations.map((number) => `[${number}]`)].join(" "));
    return [...(head ? [`${head}:`] : []), ...versions].join("\n");
  });
  return [answer.understood_as, ...said, partly(answer), answer.citations.map(footnote).join("\n")].filter(Boolean).join("\n\n");
}

/**
 * @param {import("./client.js").Account} account
 * @param {Answer} answer
 * @returns {string} what it begins with where it is only possible; of accounts that exclude each other, all or none
 */
export function possibly(account, answer) {
  return isOnlyPossible(answer.status === "disputed" ? answer.confidence : account.confidence) ? "Possibly: " : "";
}

/**
 * @param {Answer} answer
 * @returns {string} that only a part of the articles could be searched, where it is so: what the others say is not known
 */
export function partly({ searched }) {
  return searched ? `Only ${searched.shards} of ${searched.of} parts of the articles could be searched.` : "";
}

/**
 * @param {Citation} citation
 * @returns {string} such as "[1] CNN, “Title”, 5 June 2023, paragraph 1: “The sentence.” ADDRESS"
 */
export function footnote(citation) {
  const { article, section, sentence, quote, url } = citation;
  const where = [
    article.publisher,
    `“${article.title}”`,
    dateInWords(article.published),
    section?.published,
    placeOf(citation),
  ];
  const words = sentence?.text ?? quote;
  return `[${citation.number}] ${where.filter(Boolean).join(", ")}: “${words}” ${new URL(url, location.href)}`;
}
