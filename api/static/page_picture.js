/**
 * The pages of a PDF that hold a citation, as pictures with its words marked.
 *
 * @typedef {{number: number, width: number, height: number, picture: string,
 *   boxes: {left: number, bottom: number, right: number, top: number}[]}} PageOf
 *   `number` from 1; width, height and boxes in points from the lower left corner
 */

import { inCollection, requestJson } from "./client.js";
import { element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const GROWN = 1.5; // points by which a box is larger than its letters

/**
 * @param {string} article id
 * @param {{start: number, end: number}} span
 * @param {import("./client.js").Scope} scope
 * @returns {Promise<PageOf[]>} none where the article has no pages
 * @throws {import("./client.js").ServiceError}
 */
export async function pagesOf(article, { start, end }, scope) {
  const asked = `start=${start}&end=${end}${inCollection(scope, "&")}`;
  return (await requestJson(`/v1/articles/${encodeURIComponent(article)}/pages?${asked}`)).pages;
}

/**
 * @param {PageOf} page
 * @param {string} title of the document
 * @param {number} count of its pages
 * @returns {HTMLElement}
 */
export function pictureView(page, title, count) {
  const { number, width, height } = page;
  const overlay = document.createElementNS(SVG, "svg");
  overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  overlay.setAttribute("class", "page-marks");
  overlay.setAttribute("aria-hidden", "true");
  overlay.append(...page.boxes.map((box) => markOf(box, height)));
  const where = `Page ${number} of ${count}`;
  const image = element("img", { src: page.picture, width: Math.round(width), height: Math.round(height), alt: `Page ${number} of ${title}, the quoted words marked` });
  const sheet = element("div", { class: "page-sheet" }, image, overlay);
  sheet.style.setProperty("--page-width", `${width}px`);
  const caption = element("figcaption", {}, where);
  // The browser shows the alternative text; that something went wrong is said beside it.
  image.addEventListener("error", () => caption.append(". Its picture can’t be shown."));
  // Wide enough for its words to be read, which a phone is not: moved sideways, by keys too.
  const window = element("div", { class: "page-window", tabindex: 0, role: "group", "aria-label": where }, sheet);
  return element("figure", { class: "page-picture" }, caption, window);
}

/**
 * @param {PageOf["boxes"][number]} box
 * @param {number} height of its page
 * @returns {SVGElement}
 */
function markOf({ left, bottom, right, top }, height) {
  const mark = document.createElementNS(SVG, "rect");
  const sides = { x: left - GROWN, y: height - top - GROWN, width: right - left + 2 * GROWN, height: top - bottom + 2 * GROWN };
  for (const [name, value] of Object.entries(sides)) mark.setAttribute(name, String(value));
  return mark;
}
