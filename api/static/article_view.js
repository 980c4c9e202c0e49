/**
 * An article, block by block, with the words of citations marked in it.
 *
 * @typedef {import("./client.js").Article} Article
 * @typedef {import("./client.js").Block} Block
 * @typedef {{start: number, end: number}} Span `[start, end)` in characters of the article's text
 */

import { element, spokenOnly } from "./dom.js";
import { unitsIn } from "./offsets.js";

/**
 * @param {Article} article
 * @param {Span[]} spans that are marked
 * @param {Span | null} current the one that is looked at; its marks have the class `current`
 * @returns {HTMLElement}
 */
export function articleView(article, spans, current) {
  const units = unitsIn(article.text);
  const inUnits = (/** @type {Span} */ span) => ({ start: units(span.start), end: units(span.end) });
  const marks = spans.map(inUnits);
  const looked = current && inUnits(current);
  const blocks = article.blocks.map((block) => {
    const at = inUnits(block);
    return blockView(block, article, pieces(article.text, at, marks, looked));
  });
  return element("article", { class: "article-text" }, ...blocks);
}

/**
 * @param {string} text
 * @param {Span} block in units
 * @param {Span[]} marks in units
 * @param {Span | null} looked
 * @returns {(Node | string)[]} the block's text cut at the marks
 */
function pieces(text, block, marks, looked) {
  const touching = marks.filter((mark) => mark.start < block.end && block.start < mark.end);
  if (touching.length === 0) return [text.slice(block.start, block.end)];
  const edges = new Set([block.start, block.end]);
  for (const { start, end } of touching) {
    edges.add(Math.max(start, block.start));
    edges.add(Math.min(end, block.end));
  }
  const places = [...edges].sort((a, b) => a - b);
  return places.slice(0, -1).map((start, n) => {
    const words = text.slice(start, places[n + 1]);
    const covers = (/** @type {Span} */ mark) => mark.start <= start && start < mark.end;
    if (!touching.some(covers)) return words;
    return element("mark", { class: looked && covers(looked) ? "current" : "other" }, words);
  });
}

/**
 * @param {Block} block
 * @param {Article} article
 * @param {(Node | string)[]} words
 * @returns {HTMLElement}
 */
function blockView(block, article, words) {
  const { role, number } = block;
  if (role === "title" || role === "heading") return element("h3", { class: "block", dir: "auto" }, ...words);
  if (number === null) {
    const said = role === "furniture" ? spokenOnly("Part of the page, not of the article: ") : null;
    const caption = role === "caption" ? spokenOnly("Caption: ") : null;
    return element("p", { class: `block ${role}`, dir: "auto" }, said, caption, ...words);
  }
  const isCited = words.some((piece) => piece instanceof Element);
  const label = block.part ? `${number}.${block.part}` : String(number);
  const address = `${article.url}${article.url.includes("?") ? "&" : "?"}start=${block.start}&end=${block.end}`;
  return element(
    "div",
    { class: `block numbered${role === "list_item" ? " list-item" : ""}${isCited ? " cited" : ""}` },
    element("a", { class: "number", href: address, "aria-label": `Paragraph ${label}` }, label),
    element("p", { dir: "auto" }, ...words),
  );
}
