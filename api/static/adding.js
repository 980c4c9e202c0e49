/**
 * Adding documents: from the file dialog, dropped on the page, pasted, or by their address.
 *
 * @typedef {import("./service.js").Offers} Offers
 * @typedef {import("./jobs.js").Job} Job
 */

import { inCollection, ServiceError } from "./client.js";
import { button, byId, counted, element } from "./dom.js";
import { changed } from "./jobs.js";

const ID_CHARS = 80; // of a title in the id of its document
const ADDRESS = /^https?:\/\/\S+$/i; // and nothing beside it

export class Adding {
  /**
   * @param {{scope: () => import("./client.js").Scope, opens: () => void, added: (ids: string[]) => Promise<void>}} then
   */
  constructor(then) {
    this.then = then;
    this.isOffered = false;
    this.fetches = false;
    /** @type {HTMLInputElement} */
    const files = byId("files");
    byId("choose-files").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      void this.addFiles([...(files.files ?? [])]);
      files.value = "";
    });
    byId("paste-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void this.addText(byId("paste-title").value.trim(), byId("paste-body").value);
    });
    byId("address-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void this.addAddress(byId("address").value.trim());
    });
    this.listenForDrops();
    document.addEventListener("paste", (event) => this.onPaste(event));
  }

  /** @param {Offers} offers */
  offer({ adds, fetches }) {
    this.isOffered = adds;
    this.fetches = fetches;
    byId("adding").hidden = !adds;
    byId("address-form").hidden = !fetches;
  }

  listenForDrops() {
    const veil = byId("drop");
    const holdsFiles = (/** @type {DragEvent} */ event) => this.isOffered && event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) veil.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      veil.hidden = true;
      if (!holdsFiles(event)) return;
      event.preventDefault();
      void this.addFiles([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** @param {ClipboardEvent} event */
  onPaste(event) {
    if (!this.isOffered) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea");
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (files.length > 0) {
      event.preventDefault();
      void this.addFiles(files);
    } else if (!isTyping && text !== "") {
      // Looked at before it is added: what is in a clipboard is not always what one thinks.
      event.preventDefault();
      this.then.opens();
      if (this.fetches && ADDRESS.test(text)) {
        byId("address").value = text;
        byId("address").focus();
        return;
      }
      byId("paste-text").open = true;
      byId("paste-body").value = text;
      byId("paste-title").focus();
    }
  }

  /** @param {File[]} files */
  async addFiles(files) {
    if (files.length === 0) return;
    this.then.opens();
    const body = new FormData();
    for (const file of files) body.append("files", file, file.name);
    const name = files.length === 1 ? files[0].name : counted(files.length, "file");
    await this.follow(name, { method: "POST", body });
  }

  /**
   * @param {string} title
   * @param {string} text
   */
  async addText(title, text) {
    const id = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, ID_CHARS).replace(/^-|-$/g, "") || "text"}-${Date.now().toString(36)}`;
    const named = title || `${text.trim().split(/\s+/).slice(0, 8).join(" ")}…`;
    const body = JSON.stringify({ id, title: named, text });
    const done = await this.follow(named, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!done) return; // the text stays where it can be sent again
    byId("paste-form").reset();
    byId("paste-text").open = false;
  }

  /** @param {string} url of what the service is to fetch */
  async addAddress(url) {
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ url }) };
    if (await this.follow(url, request, "Fetching")) byId("address-form").reset();
  }

  /**
   * Sends, and shows how it goes until it is over.
   *
   * @param {string} name of what is added
   * @param {RequestInit} request
   * @param {string} [first] what is done at first
   * @returns {Promise<boolean>} whether anything was added
   */
  async follow(name, request, first = "Sending") {
    const place = element("div", { class: "job" });
    byId("jobs").prepend(place);
    place.replaceChildren(progress(`${first} ${name}…`, null));
    try {
      const job = await changed(`/v1/articles${inCollection(this.then.scope(), "?")}`, request, (now) =>
        place.replaceChildren(progress(`Reading ${name}…`, now)),
      );
      place.replaceChildren(...outcome(name, job), dismissing(place));
      const added = [...job.added, ...job.replaced];
      if (added.length > 0) await this.then.added(added);
      return added.length > 0;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      place.replaceChildren(element("p", { class: "wrong" }, `${name}: ${error.message} ${error.hint}`), dismissing(place));
      return false;
    }
  }
}

/**
 * @param {string} what
 * @param {Job | null} job
 * @returns {HTMLElement}
 */
function progress(what, job) {
  const bar = element("progress", job && job.total > 0 ? { max: job.total, value: job.done, "aria-label": what } : { "aria-label": what });
  return element("div", {}, element("p", {}, what), bar);
}

/**
 * @param {string} name
 * @param {Job} job one that is over
 * @returns {HTMLElement[]}
 */
function outcome(name, job) {
  const lines = [];
  if (job.added.length > 0) lines.push(element("p", { class: "right" }, `Added ${counted(job.added.length, "document")} from ${name}.`));
  if (job.replaced.length > 0) lines.push(element("p", { class: "right" }, `Replaced ${counted(job.replaced.length, "document")} by ${name}.`));
  if (job.error) lines.push(element("p", { class: "wrong" }, `${name}: ${job.error.message} ${job.error.hint ?? ""}`));
  if (job.skipped.length > 0) {
    const items = job.skipped.map((skipped) => element("li", {}, element("strong", {}, skipped.name), ` ${skipped.reason}`));
    lines.push(element("p", { class: "wrong" }, `${counted(job.skipped.length, "file")} not read:`), element("ul", { class: "skipped" }, ...items));
  }
  if (lines.length === 0) lines.push(element("p", {}, `${name}: nothing new.`));
  return lines;
}

/**
 * @param {HTMLElement} place
 * @returns {HTMLButtonElement}
 */
function dismissing(place) {
  return button("Dismiss", "text-button", () => place.remove());
}
