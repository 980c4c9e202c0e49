/**
 * The documents that can be asked: listed, searched, removed, asked one at a time.
 *
 * @typedef {import("./client.js").ArticleEntry} ArticleEntry
 * @typedef {import("./client.js").ArticleRef} ArticleRef
 * @typedef {import("./client.js").Citation} Citation
 * @typedef {import("./client.js").Scope} Scope
 * @typedef {import("./service.js").Offers} Offers
 */

import { inCollection, requestJson, ServiceError } from "./client.js";
import { button, byId, counted, dateInWords, element } from "./dom.js";
import { changed } from "./jobs.js";
import { sourceList } from "./sources.js";
import { OPEN_SOURCE } from "./quotation.js";

const SHOWN = 60; // documents at first; a list of thousands is neither read nor drawn quickly
const FOUND = 8; // paragraphs of a search
const SEARCHED_AFTER_MS = 350;
const LEAST_SEARCHED = 3; // characters

export class Library {
  /**
   * @param {{open: (article: ArticleRef) => void, show: (citation: Citation, among: Citation[]) => void,
   *   ask: (article: ArticleRef) => void, removed: (id: string) => void,
   *   counted: (count: number | null) => void, chosen: () => void}} then
   */
  constructor(then) {
    this.then = then;
    /** @type {ArticleEntry[]} */
    this.articles = [];
    /** @type {Offers} */
    this.offers = { adds: false, removes: false, scopes: false, collections: false, fetches: false };
    /** @type {string[]} what was added since the page was opened */
    this.added = [];
    this.collection = "";
    this.shown = SHOWN;
    this.searched = 0; // counts the searches, so that a late reply is recognised
    this.timer = 0;
    /** @type {HTMLInputElement} */
    this.finder = byId("find-document");
    this.finder.addEventListener("input", () => this.find());
    byId("text-found").addEventListener(OPEN_SOURCE, (/** @type {CustomEvent} */ event) => then.show(event.detail, this.results));
    /** @type {Citation[]} */
    this.results = [];
  }

  /** @returns {Scope} */
  get scope() {
    return this.collection ? { collection: this.collection } : {};
  }

  /** @param {Offers} offers */
  offer(offers) {
    this.offers = offers;
    if (offers.collections) void this.listCollections();
  }

  /** @param {string[]} [added] articles that come first from now on */
  async refresh(added = []) {
    this.added.push(...added);
    const { collection } = this;
    const place = byId("documents");
    place.setAttribute("aria-busy", "true");
    try {
      const { articles } = await requestJson(`/v1/articles${inCollection(this.scope, "?")}`);
      if (collection !== this.collection) return;
      const isNew = (/** @type {ArticleEntry} */ article) => this.added.includes(article.id);
      this.articles = [...articles.filter(isNew), ...articles.filter((/** @type {ArticleEntry} */ one) => !isNew(one))];
      this.then.counted(this.articles.length);
      this.draw();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (collection !== this.collection) return;
      const retry = button("Try again", "text-button", () => void this.refresh());
      place.replaceChildren(element("p", { class: "aside" }, `${error.message} ${error.hint} `, retry));
      this.then.counted(null);
    } finally {
      place.setAttribute("aria-busy", "false");
    }
  }

  draw() {
    const needles = this.finder.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.articles.filter((article) => {
      const hay = [article.title, article.publisher, dateInWords(article.published), article.file].join(" ").toLowerCase();
      return needles.every((needle) => hay.includes(needle));
    });
    const place = byId("documents");
    const head = element("h3", {}, needles.length > 0 ? `${counted(found.length, "title")} found` : counted(found.length, "document"));
    const items = found.slice(0, this.shown).map((article) => this.entry(article));
    const list = element("ul", { class: "article-list", role: "list" }, ...items);
    const more = button(`Show more of the ${found.length.toLocaleString("en-GB")}`, "text-button", () => {
      this.shown *= 4;
      this.draw();
    });
    const none = this.offers.adds ? "None yet. Add some above." : "None are indexed yet. Index a folder of documents, then load this page again.";
    if (this.articles.length === 0) place.replaceChildren(element("p", { class: "aside" }, none));
    else place.replaceChildren(head, list, ...(found.length > this.shown ? [more] : []));
  }

  /**
   * @param {ArticleEntry} article
   * @returns {HTMLElement}
   */
  entry(article) {
    const open = element("a", { href: article.url, class: "article-title", dir: "auto" }, article.title);
    open.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
      event.preventDefault();
      this.then.open(article);
    });
    const facts = [article.publisher ?? "Publisher not named", dateInWords(article.published), article.kind];
    const item = element(
      "li",
      {},
      open,
      element("p", { class: "article-facts" }, ...facts.filter(Boolean).map((fact) => element("span", {}, fact))),
    );
    const actions = element("p", { class: "article-actions" });
    if (this.offers.scopes) actions.append(named(button("Ask this document", "text-button", () => this.then.ask(article)), article));
    if (this.offers.removes) actions.append(named(button("Remove", "text-button", () => this.confirm(article, actions)), article));
    if (actions.childElementCount > 0) item.append(actions);
    return item;
  }

  /**
   * @param {ArticleEntry} article
   * @param {HTMLElement} actions
   */
  confirm(article, actions) {
    const before = [...actions.childNodes];
    const keep = button("Keep it", "text-button", () => {
      actions.replaceChildren(...before);
      actions.querySelector("button")?.focus();
    });
    const remove = button("Remove it", "text-button danger", () => void this.remove(article, actions));
    actions.replaceChildren(element("span", {}, "It can no longer be asked. "), remove, keep);
    keep.focus();
  }

  /**
   * @param {ArticleEntry} article
   * @param {HTMLElement} actions
   */
  async remove(article, actions) {
    actions.replaceChildren("Removing…");
    try {
      const path = `/v1/articles/${encodeURIComponent(article.id)}${inCollection(this.scope, "?")}`;
      const { error } = await changed(path, { method: "DELETE" });
      if (error) throw new ServiceError(error.message, error.hint);
      this.say(`Removed: ${article.title}`);
      this.then.removed(article.id);
      await this.refresh();
      this.finder.focus();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      actions.replaceChildren(element("span", { class: "wrong", role: "alert" }, `${error.message} ${error.hint}`));
    }
  }

  /** Titles at once, the text as soon as the typing pauses. */
  find() {
    this.shown = SHOWN;
    this.draw();
    clearTimeout(this.timer);
    this.searched += 1;
    byId("text-found").replaceChildren();
    const wanted = this.finder.value.trim();
    if (wanted.length >= LEAST_SEARCHED) this.timer = setTimeout(() => void this.search(wanted), SEARCHED_AFTER_MS);
  }

  /** @param {string} wanted */
  async search(wanted) {
    const asked = this.searched;
    const place = byId("text-found");
    try {
      const query = new URLSearchParams({ q: wanted, limit: String(FOUND) });
      const { results } = await requestJson(`/v1/search?${query}${inCollection(this.scope, "&")}`);
      if (asked !== this.searched) return;
      this.results = results;
      place.replaceChildren(element("h3", {}, "Nearest in the text"), sourceList(results, new Set(results.map((/** @type {Citation} */ found) => found.number))));
      this.say(`${counted(results.length, "paragraph")} found`);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (asked === this.searched) place.replaceChildren(element("p", { class: "aside" }, `${error.message} ${error.hint}`));
    }
  }

  /** @param {string} collection that is asked from now on; empty for the service's own */
  choose(collection) {
    if (collection === this.collection) return;
    this.collection = collection;
    byId("collection").value = collection || "default";
    this.find(); // what was found in the other one can't be opened in this
    this.then.chosen();
    void this.refresh();
  }

  async listCollections() {
    // Where they can't be listed, the documents can't either, and say so.
    const { collections } = await requestJson("/v1/collections").catch((error) => {
      if (!(error instanceof ServiceError)) throw error;
      return { collections: [] };
    });
    const names = collections.map((/** @type {string | {name: string}} */ one) => (typeof one === "string" ? one : one.name));
    const select = byId("collection");
    select.replaceChildren(...names.map((/** @type {string} */ name) => element("option", { value: name }, name)));
    select.value = this.collection || "default";
    byId("collection-row").hidden = names.length < 2;
    select.onchange = () => this.choose(select.value === "default" ? "" : select.value);
  }

  /** @param {string} what */
  say(what) {
    byId("library-status").textContent = what;
  }
}

/**
 * @param {HTMLButtonElement} node
 * @param {ArticleEntry} article
 * @returns {HTMLButtonElement} named so that it is told from the same button of other documents
 */
function named(node, article) {
  node.setAttribute("aria-label", `${node.textContent}: ${article.title}`);
  return node;
}
