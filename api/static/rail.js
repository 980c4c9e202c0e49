/**
 * The list of kept conversations: opened, found by their words, removed.
 *
 * @typedef {import("./conversation.js").Kept} Kept
 * @typedef {import("./panel.js").Panel} Panel
 */

import { nameOf } from "./conversation.js";
import { button, byId, counted, element } from "./dom.js";
import * as keeping from "./keeping.js";

export class Rail {
  /**
   * @param {Panel} panel
   * @param {{open: (kept: Kept) => void, removed: (id: string) => void}} then
   */
  constructor(panel, then) {
    this.panel = panel;
    this.then = then;
    this.current = "";
    /** @type {HTMLInputElement} */
    this.finder = byId("find-conversation");
    this.finder.addEventListener("input", () => void this.refresh(true));
    byId("close-rail").addEventListener("click", () => panel.close());
    byId("show-rail").addEventListener("click", () => this.toggle());
  }

  toggle() {
    if (this.panel.isOpen) this.panel.close();
    else {
      void this.refresh();
      this.panel.open(byId("rail-list").querySelector("button") ?? this.finder);
    }
  }

  /**
   * @param {string} id of the conversation on show
   */
  show(id) {
    this.current = id;
    void this.refresh();
  }

  /** @param {boolean} [tells] whether what was found is said */
  async refresh(tells = false) {
    const kept = await keeping.all();
    const needles = this.finder.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = kept.filter((conversation) => {
      const hay = wordsOf(conversation);
      return needles.every((needle) => hay.includes(needle));
    });
    const none = kept.length === 0 ? "What you ask is kept here, in this browser only." : "None has these words.";
    const list = element("ul", { class: "conversations", role: "list" }, ...found.map((conversation) => this.entry(conversation)));
    byId("rail-list").replaceChildren(found.length > 0 ? list : element("p", { class: "aside" }, none));
    if (tells) byId("rail-status").textContent = `${counted(found.length, "conversation")} found`;
  }

  /**
   * @param {Kept} conversation
   * @returns {HTMLElement}
   */
  entry(conversation) {
    const name = nameOf(conversation.turns);
    const open = button("", "conversation-name", () => {
      if (!this.panel.isBeside) this.panel.close();
      this.then.open(conversation);
    });
    open.append(element("span", { dir: "auto" }, name));
    if (conversation.id === this.current) open.setAttribute("aria-current", "true");
    const remove = button("×", "quiet remove", async () => {
      await keeping.remove(conversation.id);
      this.then.removed(conversation.id);
      await this.refresh();
      byId("rail-status").textContent = "Removed";
      (byId("rail-list").querySelector("button") ?? this.finder).focus();
    });
    remove.setAttribute("aria-label", `Remove the conversation: ${name}`);
    return element("li", {}, open, remove);
  }
}

/**
 * @param {Kept} conversation
 * @returns {string} its questions and answers in small letters
 */
function wordsOf({ turns }) {
  return turns.map(({ question, answer }) => `${question} ${answer?.text ?? ""}`).join(" ").toLowerCase();
}
