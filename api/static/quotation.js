/**
 * A citation as words on the page: the sentence with its quoted span marked,
 * who says it and when, and the links that open it where it stands.
 *
 * @typedef {import("./client.js").Citation} Citation
 * @typedef {import("./client.js").ArticleRef} ArticleRef
 */

import { inCollection } from "./client.js";
import { dateInWords, element } from "./dom.js";
import { cutAround, excerpt } from "./excerpt.js";
import { unitsIn } from "./offsets.js";

/** Sent by a link to an article, `detail`, that is opened from its beginning. */
export const OPEN_ARTICLE = "pincite:open-article";

/** Sent by a link to a citation and caught by its turn, whose `detail` is the citation. */
export const OPEN_SOURCE = "pincite:open-source";

/**
 * @param {ArticleRef} article
 * @returns {string}
 */
export function publisherOf(article) {
  return article.publisher ?? "Publisher not named";
}

/**
 * @param {Citation} citation
 * @returns {string} such as "paragraph 7" or "caption 1", of a PDF "p. 3, paragraph 7"
 */
export function placeOf(citation) {
  const { label, number } = citation.paragraph;
  const page = citation.page ? `p. ${citation.page}, ` : "";
  return page + (label ?? `paragraph ${number}`);
}

/**
 * The sentence that a quote stands in; its paragraph where it runs over several.
 *
 * @param {Citation} citation
 * @returns {import("./excerpt.js").Excerpt}
 */
export function sentenceOf(citation) {
  const { sentence, start, end } = citation;
  if (!sentence || start < sentence.start || end > sentence.end) return paragraphOf(citation);
  const units = unitsIn(sentence.text);
  return cutAround(sentence.text, units(start - sentence.start), units(end - sentence.start));
}

/**
 * Its paragraph, cut around the quoted words. They stand where their sentence does: the paragraph may hold them twice.
 *
 * @param {Citation} citation
 * @returns {import("./excerpt.js").Excerpt}
 */
export function paragraphOf({ sentence, start, paragraph: { text }, quote }) {
  const first = sentence ? text.indexOf(sentence.text) : -1;
  if (sentence && first >= 0) {
    const at = first + unitsIn(sentence.text)(start - sentence.start);
    if (text.startsWith(quote, at)) return cutAround(text, at, at + quote.length);
  }
  return excerpt(text, quote);
}

/**
 * @param {Citation} citation
 * @returns {(Node | string)[]} its sentence, the quoted words marked
 */
export function markedSentence(citation) {
  const { head, before, quote, after, tail } = sentenceOf(citation);
  return [head && "… ", head ? before : before.replace(/^[•·*–—-]\s+/, ""), element("mark", {}, quote), after, tail && " …"];
}

/**
 * A link that opens a citation beside the conversation, or in a window of its own where asked to.
 *
 * @param {Citation} citation
 * @param {Record<string, string | number | boolean>} attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function citationLink(citation, attributes, ...children) {
  return opening(OPEN_SOURCE, citation, element("a", { href: citation.url, ...attributes }, ...children));
}

/**
 * A link that opens an article beside the conversation.
 *
 * @param {ArticleRef} article
 * @param {string} collection that holds it; empty for the service's own
 * @returns {HTMLElement}
 */
export function articleLink(article, collection) {
  const href = `/articles/${encodeURIComponent(article.id)}${inCollection({ collection }, "?")}`;
  const publisher = article.publisher ? `${article.publisher}, ` : "";
  return opening(OPEN_ARTICLE, article, element("a", { href }, `${publisher}“`, element("bdi", {}, article.title), "”"));
}

/**
 * @param {string} name of the event that is sent in place of following the link
 * @param {Citation | ArticleRef} detail
 * @param {HTMLElement} link
 * @returns {HTMLElement}
 */
function opening(name, detail, link) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    link.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  });
  return link;
}

/**
 * @param {Citation | undefined} citation
 * @returns {string} the collection that holds it; empty for the service's own
 */
export function collectionOf(citation) {
  return new URL(citation?.url ?? "", location.origin).searchParams.get("collection") ?? "";
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement} its number, small and raised
 */
export function marker(citation) {
  const label = `Source ${citation.number}: ${publisherOf(citation.article)}`;
  const attributes = { class: "marker", "aria-label": label, "data-source": citation.number };
  // A word joiner: the number begins no line.
  return element("sup", {}, "\u2060", citationLink(citation, attributes, String(citation.number)));
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement | null} who is quoted, where the sentence names somebody
 */
export function claimedBy(citation) {
  // Where the name begins its sentence, its article is written large.
  const name = citation.said_by?.text.replace(/^(?:The|An?)(?=\s)/, (article) => article.toLowerCase());
  return name ? element("p", { class: "claimed-by" }, "Said by ", element("strong", { dir: "auto" }, name)) : null;
}

/**
 * @param {ArticleRef} article
 * @param {...(Node | string | null)} more
 * @returns {HTMLElement} a line such as "CNN · 5 June 2023"
 */
export function origin(article, ...more) {
  const date = dateInWords(article.published);
  return element(
    "p",
    { class: "source-origin" },
    element("span", { class: article.publisher ? "publisher" : "publisher unnamed" }, publisherOf(article)),
    date ? element("time", { datetime: article.published }, date) : null,
    ...more,
  );
}

/**
 * A publisher as a chip that opens its citation.
 *
 * @param {Citation} citation
 * @returns {HTMLElement}
 */
export function chip(citation) {
  const { article } = citation;
  const date = dateInWords(article.published);
  return citationLink(
    citation,
    { class: "chip", title: article.title },
    element("span", { class: "chip-number", "aria-hidden": "true" }, String(citation.number)),
    element("span", { class: "chip-name" }, publisherOf(article)),
    date ? element("time", { class: "chip-date", datetime: article.published ?? "" }, date) : null,
  );
}
