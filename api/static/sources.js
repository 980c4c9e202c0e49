/**
 * The list of sources under an answer: where each stands and the paragraph
 * itself, its quoted words marked.
 *
 * @typedef {import("./client.js").Citation} Citation
 */

import { button, element, spokenOnly } from "./dom.js";
import { excerpt } from "./excerpt.js";
import { citationLink, origin, paragraphOf, placeOf } from "./quotation.js";

let listsMade = 0; // part of the ids that tie a button to what it opens

/**
 * @param {Citation[]} citations
 * @param {Set<number>} open numbers of those that show their paragraph at once
 * @returns {HTMLElement}
 */
export function sourceList(citations, open) {
  listsMade += 1;
  const prefix = `sources-${listsMade}`;
  const items = citations.map((citation) => source(citation, `${prefix}-${citation.number}`, open.has(citation.number)));
  return element("ol", { class: "source-list", role: "list" }, ...items);
}

/**
 * @param {Citation} citation
 * @param {string} id of the part that opens and closes
 * @param {boolean} isOpen
 * @returns {HTMLElement}
 */
function source(citation, id, isOpen) {
  const link = citationLink(citation, { class: "source-title", dir: "auto" }, citation.article.title);
  const body = element("div", { class: "source-body", id, hidden: !isOpen }, ...paragraph(citation));
  const item = element(
    "li",
    { class: "source", "data-number": citation.number },
    element("span", { class: "source-number" }, spokenOnly("Source "), String(citation.number)),
    element(
      "div",
      { class: "source-head" },
      origin(citation.article, element("span", {}, placeOf(citation))),
      disclosure(citation, body),
      link,
      section(citation),
    ),
    body,
  );
  followFromAnywhere(item, link);
  return item;
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement | null}
 */
function section(citation) {
  const part = citation.section;
  if (!part) return null;
  // A live blog's first post often carries the blog's own headline: once is enough.
  const title = part.title === citation.article.title ? null : element("span", { dir: "auto" }, part.title);
  const time = part.published ? element("span", {}, part.published) : null;
  return title || time ? element("p", { class: "source-section" }, title, time) : null;
}

/**
 * @param {Citation} citation
 * @param {HTMLElement} body
 * @returns {HTMLButtonElement}
 */
function disclosure(citation, body) {
  const toggle = button("", "disclosure", () => {
    body.hidden = !body.hidden;
    toggle.setAttribute("aria-expanded", String(!body.hidden));
  });
  toggle.setAttribute("aria-expanded", String(!body.hidden));
  toggle.setAttribute("aria-controls", body.id);
  toggle.setAttribute("aria-label", `Paragraph of source ${citation.number}`);
  return toggle;
}

/**
 * @param {Citation} citation
 * @returns {HTMLElement[]} its paragraph, the quoted words marked, a long one cut around them
 */
export function paragraph(citation) {
  // A paragraph that is cited whole, as the nearest ones are, has nothing to mark in it.
  const whole = citation.quote === citation.paragraph.text;
  const { head, before, quote, after, tail } = whole ? excerpt(citation.quote, "") : paragraphOf(citation);
  const cut = head !== "" || tail !== "";
  const text = element(
    "blockquote",
    { class: cut ? "paragraph cut" : "paragraph", cite: citation.url, dir: "auto" },
    head && element("span", { class: "beyond" }, head),
    head && element("span", { class: "ellipsis", "aria-hidden": "true" }, "… "),
    before,
    quote && element("mark", {}, quote),
    after,
    tail && element("span", { class: "ellipsis", "aria-hidden": "true" }, " …"),
    tail && element("span", { class: "beyond" }, tail),
  );
  return cut ? [text, wholeParagraph(text)] : [text];
}

/**
 * @param {HTMLElement} text
 * @returns {HTMLButtonElement}
 */
function wholeParagraph(text) {
  const toggle = button("Show the whole paragraph", "text-button", () => {
    const cut = text.classList.toggle("cut");
    toggle.textContent = cut ? "Show the whole paragraph" : "Show less";
  });
  return toggle;
}

/**
 * Makes a click anywhere on the source follow its link. A link stretched over
 * it would do so without script, but then the quote could not be selected.
 *
 * @param {HTMLElement} item
 * @param {HTMLElement} link
 */
function followFromAnywhere(item, link) {
  item.addEventListener("click", (event) => {
    const onControl = event.target instanceof Element && event.target.closest("a, button");
    const isSelecting = getSelection()?.isCollapsed === false;
    if (onControl || isSelecting) return;
    const { ctrlKey, metaKey, shiftKey } = event;
    link.dispatchEvent(new MouseEvent("click", { ctrlKey, metaKey, shiftKey, bubbles: false, cancelable: true }));
  });
}
