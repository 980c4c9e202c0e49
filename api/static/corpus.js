/**
 * What can be asked about: the list of articles, on the empty page and in the
 * sheet that opens over a conversation, and questions to start from.
 *
 * @typedef {import("./client.js").ArticleEntry} ArticleEntry
 */

import { listArticles, listExamples, ServiceError } from "./client.js";
import { button, byId, counted, dateInWords, element } from "./dom.js";

const SHOWN_AT_START = 6;
const WORTH_FILTERING = 10;

/** @type {ArticleEntry[]} */
let articles = [];

/** Fills in the list of articles, or why there is none. */
export async function showArticles() {
  const place = byId("corpus-list");
  place.setAttribute("aria-busy", "true");
  try {
    articles = await listArticles();
    place.replaceChildren(...startList());
    byId("corpus-title").textContent = counted(articles.length, "article");
    byId("articles-title").textContent = counted(articles.length, "article");
    byId("filter-row").hidden = articles.length < WORTH_FILTERING;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const retry = button("Try again", "text-button", () => void showArticles());
    place.replaceChildren(element("p", { class: "aside" }, `${error.message} ${error.hint} `, retry));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

/**
 * Fills in the questions to start from.
 *
 * @param {(question: string) => void} onAsk
 */
export async function showExamples(onAsk) {
  try {
    const questions = await listExamples();
    const items = questions.map((text) => element("li", {}, button(text, "example", () => onAsk(text))));
    byId("example-list").replaceChildren(...items);
    byId("examples").hidden = questions.length === 0;
  } catch (error) {
    // They are an offer: without them, and with the articles' own error on show, nothing is lost.
    if (!(error instanceof ServiceError)) throw error;
  }
}

/** Makes the sheet with every article open, filter and close. */
export function prepareSheet() {
  const sheet = byId("articles");
  const filter = byId("filter");
  byId("show-articles").addEventListener("click", openSheet);
  byId("close-articles").addEventListener("click", () => sheet.close());
  filter.addEventListener("input", () => fillSheet(filter.value));
  // The dialog's own box fills it, so a click on the dialog itself is on the backdrop.
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}

function openSheet() {
  byId("filter").value = "";
  fillSheet("");
  byId("articles").showModal();
}

/** @param {string} wanted words, all of which an article has to have */
function fillSheet(wanted) {
  const needles = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = articles.filter((article) => {
    const hay = [article.title, article.publisher, dateInWords(article.published), article.file].join(" ").toLowerCase();
    return needles.every((needle) => hay.includes(needle));
  });
  const empty = element("p", { class: "aside" }, articles.length > 0 ? "No article matches." : "There are no articles here.");
  byId("articles-list").replaceChildren(found.length > 0 ? list(found) : empty);
  byId("filter-status").textContent = needles.length > 0 ? `${counted(found.length, "article")} found` : "";
}

/** @returns {HTMLElement[]} */
function startList() {
  if (articles.length === 0) {
    return [element("p", { class: "aside" }, "None are indexed yet. Index a folder of articles, then load this page again.")];
  }
  const first = list(articles.slice(0, SHOWN_AT_START));
  if (articles.length <= SHOWN_AT_START) return [first];
  return [first, button(`Show all ${articles.length.toLocaleString("en-GB")}`, "text-button", openSheet)];
}

/**
 * @param {ArticleEntry[]} entries
 * @returns {HTMLElement}
 */
function list(entries) {
  return element("ul", { class: "article-list", role: "list" }, ...entries.map(entry));
}

/**
 * @param {ArticleEntry} article
 * @returns {HTMLElement}
 */
function entry(article) {
  const facts = [article.publisher ?? "Publisher not named", dateInWords(article.published), article.kind];
  return element(
    "li",
    {},
    element(
      "a",
      { href: article.url },
      element("span", { class: "article-title", dir: "auto" }, article.title),
      element("span", { class: "article-facts" }, ...facts.filter(Boolean).map((fact) => element("span", {}, fact))),
    ),
  );
}
