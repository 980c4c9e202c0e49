/**
 * The pages of a PDF that hold a citation, as pictures with its words marked.
 *
 * @typedef {{number: number, width: number, height: number, picture: string,
 *   boxes: {left: number, bottom: number, right: number, top: number}[]}} PageOf
 *   `number` from 1; width, height and boxes in points from the lower left corner
 */

import { requestJson, ServiceError } from "./client.js";
import { element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const GROWN = 1.5; // points by which a box is larger than its letters

/**
 * @param {string} article id
 * @param {{start: number, end: number}} span
 * @returns {Promise<PageOf[]>} none where the article has no pages
 */
export async function pagesOf(article, { start, end }) {
  try {
    return (await requestJson(`/v1/articles/${encodeURIComponent(article)}/pages?start=${start}&end=${end}`)).pages;
  } catch (error) {
    // The text stands beside it, and says the same.
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

/**
 * @param {PageOf} page
 * @param {string} title of the document
 * @returns {HTMLElement}
 */
export function pictureView(page, title) {
  const { number, width, height } = page;
  const overlay = document.createElementNS(SVG, "svg");
  overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  overlay.setAttribute("class", "page-marks");
  overlay.setAttribute("aria-hidden", "true");
  overlay.append(...page.boxes.map((box) => markOf(box, height)));
  return element(
    "figure",
    { class: "page-picture" },
    element("img", { src: page.picture, width: Math.round(width), height: Math.round(height), alt: `Page ${number} of ${title}, the quoted words marked` }),
    overlay,
    element("figcaption", {}, `Page ${number}`),
  );
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
