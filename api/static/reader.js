/**
 * The source beside its answer: the article in the pane, scrolled to the
 * quoted words, with the way to the next citation and what to copy.
 *
 * @typedef {import("./client.js").Citation} Citation
 * @typedef {import("./client.js").Article} Article
 * @typedef {import("./client.js").ArticleRef} ArticleRef
 * @typedef {import("./client.js").Scope} Scope
 * @typedef {import("./panel.js").Panel} Panel
 */

import { articleView } from "./article_view.js";
import { article as fetchArticle, inCollection, requestJson, ServiceError } from "./client.js";
import { referenceButtons } from "./copy.js";
import { button, byId, element, spokenOnly } from "./dom.js";
import { unitsIn } from "./offsets.js";
import { pagesOf, pictureView } from "./page_picture.js";
import { origin, placeOf } from "./quotation.js";

const AT_HEIGHT = 0.3; // of the pane: where the quoted words come to stand

export class Reader {
  /**
   * @param {Panel} pane
   * @param {{onClose: () => void, onAsk: ((article: ArticleRef) => void) | null}} then
   */
  constructor(pane, then) {
    this.pane = pane;
    this.then = then;
    this.node = byId("reader");
    /** @type {Citation[]} */
    this.among = [];
    this.at = 0;
    /** @type {HTMLElement | null} the turn that the citations belong to */
    this.home = null;
    /** @type {Scope} */
    this.scope = {};
    this.asked = 0; // counts what was asked for, so that a late reply is recognised
    /** @type {{of: string, whole: Promise<Article>} | null} */
    this.kept = null;
  }

  get isOpen() {
    return this.pane.isOpen && !this.node.hidden;
  }

  /**
   * @param {Citation} citation
   * @param {Citation[]} among what "previous" and "next" go through
   * @param {{home?: HTMLElement | null, scope?: Scope, takesFocus?: boolean}} [how]
   */
  show(citation, among, { home = null, scope = {}, takesFocus = true } = {}) {
    this.among = among;
    this.at = Math.max(among.indexOf(citation), 0);
    this.home = home;
    this.scope = scope;
    void this.render(citation.article, citation, takesFocus);
  }

  /**
   * @param {ArticleRef} article shown from its beginning
   * @param {Scope} scope
   */
  showArticle(article, scope) {
    this.among = [];
    this.home = null;
    this.scope = scope;
    void this.render(article, null, true);
  }

  /** @param {1 | -1} by */
  step(by) {
    const next = this.among[this.at + by];
    if (!next) return;
    this.at += by;
    void this.render(next.article, next, false);
  }

  forget() {
    this.kept = null;
  }

  /**
   * @param {ArticleRef} ref
   * @param {Citation | null} citation
   * @param {boolean} takesFocus
   */
  async render(ref, citation, takesFocus) {
    this.asked += 1;
    const asked = this.asked;
    const title = element("h2", { id: "reader-title", class: "reader-title", dir: "auto", tabindex: -1 }, ref.title);
    const body = element("div", { class: "panel-body reader-body", tabindex: 0, role: "region", "aria-label": "The text of the document" });
    body.append(element("p", { class: "aside" }, "Opening…"));
    this.node.replaceChildren(this.head(citation), about(ref, citation, title), body);
    byId("library").hidden = true;
    this.node.hidden = false;
    this.pane.node.setAttribute("aria-labelledby", "reader-title");
    this.pane.open(takesFocus ? title : undefined);
    this.pointBack(citation);
    try {
      let whole = await this.article(ref.id);
      if (citation && !stands(whole, citation)) {
        this.forget(); // it may have been replaced since it was read
        whole = await this.article(ref.id);
      }
      if (asked !== this.asked) return;
      this.node.querySelector(".reader-about")?.append(...this.tools(whole, citation));
      await this.fill(body, whole, citation, () => asked === this.asked);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.kept = null;
      const retry = button("Try again", "text-button", () => void this.render(ref, citation, takesFocus));
      body.replaceChildren(element("p", { class: "aside" }, `${error.message} ${error.hint} `, retry));
    }
  }

  /**
   * @param {string} id
   * @returns {Promise<Article>} the one last read is kept: the next citation is often in it
   */
  article(id) {
    const of = `${this.scope.collection ?? ""}/${id}`; // two collections may hold one id
    if (this.kept?.of !== of) this.kept = { of, whole: fetchArticle(id, this.scope) };
    return this.kept.whole;
  }

  /**
   * @param {HTMLElement} body
   * @param {Article} whole
   * @param {Citation | null} citation
   * @param {() => boolean} isStillAsked
   */
  async fill(body, whole, citation, isStillAsked) {
    // A paragraph that is cited whole is shown alone: with all that were found, too much would be marked.
    const isWhole = citation !== null && citation.quote === citation.paragraph.text;
    const marked = (isWhole ? [citation] : this.among).filter((other) => other.article.id === whole.id && stands(whole, other));
    const text = articleView(whole, marked, citation);
    body.replaceChildren(text);
    bringIntoView(body, text.querySelector("mark.current"));
    if (citation && !stands(whole, citation)) {
      body.before(element("p", { class: "aside", role: "status" }, `The document has changed since: “${citation.quote}” no longer stands there. Ask again.`));
      return;
    }
    if (citation && whole.pages?.length) await this.addPages(body, whole, citation, isStillAsked);
  }

  /**
   * Puts the pictures of the citation's pages over the text.
   *
   * @param {HTMLElement} body
   * @param {Article} whole
   * @param {Citation} citation
   * @param {() => boolean} isStillAsked
   */
  async addPages(body, whole, citation, isStillAsked) {
    try {
      const pages = await pagesOf(whole.id, citation, this.scope);
      if (pages.length === 0 || !isStillAsked()) return;
      const text = body.firstElementChild;
      body.prepend(element("div", { class: "pages" }, ...pages.map((page) => pictureView(page, whole.title, whole.pages?.length ?? 0))));
      text?.before(element("h3", { class: "text-head" }, "Its text"));
      body.before(ways(body));
      bringIntoView(body, body.querySelector(".page-marks rect"));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // The text says the same, and stays where it is.
      if (isStillAsked()) body.before(element("p", { class: "aside no-page", role: "status" }, `The picture of its page can’t be shown: ${error.message}`));
    }
  }

  /**
   * @param {Citation | null} citation
   * @returns {HTMLElement}
   */
  head(citation) {
    const back = button("Documents", "quiet back-to-documents", () => this.then.onClose());
    back.prepend(element("span", { "aria-hidden": "true" }, "← "));
    const close = button("Close", "quiet", () => this.pane.close());
    close.setAttribute("aria-label", "Close the source");
    return element("div", { class: "panel-head" }, back, citation ? this.steps(citation) : null, close);
  }

  /**
   * @param {Citation} citation
   * @returns {HTMLElement | null} none where there is one citation only
   */
  steps(citation) {
    if (this.among.length < 2) return null;
    const step = (/** @type {1 | -1} */ by, /** @type {string} */ sign, /** @type {string} */ name) => {
      const node = button(sign, "quiet step", () => {
        this.step(by);
        // At the end of the row the button is disabled, and can't hold the focus.
        const again = this.node.querySelector(`[data-step="${by}"]:enabled`) ?? this.node.querySelector(".step:enabled");
        if (again instanceof HTMLElement) again.focus();
      });
      node.dataset.step = String(by);
      node.setAttribute("aria-label", name);
      node.disabled = !this.among[this.at + by];
      return node;
    };
    const where = element("span", { class: "step-where", role: "status" }, spokenOnly("Source "), `${citation.number} of ${this.among.length}`);
    return element("div", { class: "steps" }, step(-1, "‹", "Previous source"), where, step(1, "›", "Next source"));
  }

  /**
   * @param {Article} whole
   * @param {Citation | null} citation
   * @returns {HTMLElement[]}
   */
  tools(whole, citation) {
    const page = element("a", { href: citation?.url ?? whole.url, class: "tool-link" }, "Open as a page");
    const links = element("p", { class: "tools" }, page, original(whole, citation, this.scope));
    const { onAsk } = this.then;
    if (onAsk) links.prepend(button("Ask this document", "text-button", () => onAsk(whole)));
    return citation ? [referenceButtons(citation), links] : [links];
  }

  /**
   * Picks out in the conversation what is open beside it.
   *
   * @param {Citation | null} citation
   */
  pointBack(citation) {
    for (const old of document.querySelectorAll(".is-open")) old.classList.remove("is-open");
    if (!citation || !this.home) return;
    const number = citation.number;
    for (const node of this.home.querySelectorAll(`.marker[data-source="${number}"], .source[data-number="${number}"]`)) {
      node.classList.add("is-open");
    }
  }
}

/**
 * @param {Article} whole
 * @param {Citation} citation
 * @returns {boolean} whether its words stand where it says
 */
function stands(whole, { start, end, quote }) {
  const units = unitsIn(whole.text);
  return whole.text.slice(units(start), units(end)) === quote;
}

/**
 * @param {ArticleRef} ref
 * @param {Citation | null} citation
 * @param {HTMLElement} title
 * @returns {HTMLElement}
 */
function about(ref, citation, title) {
  const number = citation ? element("span", { class: "source-number" }, spokenOnly("Source "), String(citation.number)) : null;
  const where = citation ? element("span", {}, placeOf(citation)) : element("span", { class: "file" }, ref.file);
  return element("div", { class: "reader-about" }, element("div", { class: "reader-origin" }, number, origin(ref, where)), title);
}

/**
 * @param {Article} whole
 * @param {Citation | null} citation
 * @param {Scope} scope
 * @returns {HTMLElement | null} a link to where the document was taken from, if that is known
 */
function original(whole, citation, scope) {
  const address = whole.source_url ?? "";
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return null;
  // A document may claim to be from anywhere: whoever follows the link sees where it leads.
  const label = `The original at ${new URL(address).host}`;
  const link = element("a", { href: address, class: "tool-link", rel: "noopener noreferrer", target: "_blank" }, label);
  if (citation) void leadToWords(link, whole.id, citation, scope);
  return link;
}

/**
 * @param {HTMLElement} link to the original
 * @param {string} id of the article
 * @param {Citation} citation whose words the link is to scroll to
 * @param {Scope} scope
 */
async function leadToWords(link, id, { start, end }, scope) {
  try {
    const path = `/v1/articles/${encodeURIComponent(id)}/annotation?start=${start}&end=${end}`;
    const { target } = await requestJson(path + inCollection(scope, "&"));
    link.setAttribute("href", target[1].id);
  } catch (error) {
    // The page then opens at its beginning.
    if (!(error instanceof ServiceError)) throw error;
  }
}

/**
 * @param {HTMLElement} body
 * @returns {HTMLElement} the ways to the marked words
 */
function ways(body) {
  const way = (/** @type {string} */ name, /** @type {string} */ words) => button(name, "way", () => bringIntoView(body, body.querySelector(words)));
  const buttons = [way("On the page", ".page-marks rect"), way("In the text", "mark.current")];
  const size = button("Larger", "way size", () => {
    const isLarger = body.classList.toggle("larger-pages");
    size.setAttribute("aria-pressed", String(isLarger));
    bringIntoView(body, body.querySelector(".page-marks rect"));
  });
  size.setAttribute("aria-pressed", "false");
  return element("div", { class: "ways", role: "group", "aria-label": "The quoted words" }, ...buttons, size);
}

/**
 * Scrolls the pane alone: `scrollIntoView` would move the conversation too.
 *
 * @param {HTMLElement} body
 * @param {Element | null} words
 */
function bringIntoView(body, words) {
  if (!words) {
    body.scrollTop = 0;
    return;
  }
  const at = words.getBoundingClientRect();
  body.scrollTop += at.top - body.getBoundingClientRect().top - body.clientHeight * AT_HEIGHT;
  const wide = words.closest(".page-window");
  if (wide) wide.scrollLeft += at.left + at.width / 2 - wide.getBoundingClientRect().left - wide.clientWidth / 2;
}
