/** The question box: it grows, counts, recalls earlier questions and says what is asked of. */

import { button, byId, counted, element } from "./dom.js";

const COUNTED_FROM = 0.8; // of the longest question: from there on the length is shown

export class Composer {
  /**
   * @param {{send: (text: string) => void, stop: () => void, isBusy: () => boolean,
   *   earlier: () => string[], unscope: () => void}} actions `earlier`: questions, oldest first
   */
  constructor(actions) {
    this.actions = actions;
    /** @type {HTMLTextAreaElement} */
    this.box = byId("question");
    this.longest = Number(document.body.dataset.questionChars);
    this.hasKeyboard = matchMedia("(pointer: fine)");
    this.recalled = 0; // how many questions back the box shows; 0 is one of the reader's own
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("input", () => this.fit());
    byId("ask").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (actions.isBusy()) actions.stop();
      else this.send();
    });
  }

  /** On a touch screen focus would raise the keyboard over what there is to read. */
  focus() {
    if (this.hasKeyboard.matches) this.box.focus({ preventScroll: true });
  }

  /** @param {boolean} isBusy */
  showBusy(isBusy) {
    document.body.classList.toggle("is-asking", isBusy);
    byId("send").setAttribute("aria-label", isBusy ? "Stop" : "Ask");
  }

  /** @param {string | null} title of the document that is asked, null for all of them */
  showScope(title) {
    const chip = byId("scope");
    chip.hidden = title === null;
    const all = button("Ask all of them", "text-button", () => {
      this.actions.unscope();
      this.focus();
    });
    chip.replaceChildren("Only in ", element("strong", { dir: "auto" }, title ?? ""), all);
  }

  /** @param {string} text */
  set(text) {
    this.box.value = text;
    this.fit();
  }

  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    this.count();
  }

  /** Says how long the question is before it is too long, and what to do when it is. */
  count() {
    const length = [...this.box.value.trim()].length;
    const over = length - this.longest;
    const place = byId("question-length");
    place.hidden = length < COUNTED_FROM * this.longest;
    byId("composer-hint").hidden = !place.hidden;
    this.box.setAttribute("aria-invalid", String(over > 0));
    // Said once and not with every letter.
    const warning = over > 0 ? "The question is too long to be asked." : "";
    if (byId("question-warning").textContent !== warning) byId("question-warning").textContent = warning;
    if (over <= 0) {
      place.replaceChildren(`${length.toLocaleString("en-GB")} of ${counted(this.longest, "character")}`);
      return;
    }
    const cut = button("Cut the end off", "hint-button", () => {
      this.set([...this.box.value.trim()].slice(0, this.longest).join("").replace(/\s+\S*$/, ""));
      this.focus();
    });
    place.replaceChildren(element("strong", {}, `${counted(over, "character")} too many.`), " ", cut);
  }

  send() {
    const text = this.box.value.trim();
    if (text === "" || this.actions.isBusy() || [...text].length > this.longest) return;
    this.recalled = 0;
    this.set("");
    if (!this.hasKeyboard.matches) this.box.blur();
    this.actions.send(text);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    // While an input method is composing, Enter chooses a candidate.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && this.mayRecall()) {
      event.preventDefault();
      this.recall(this.recalled + 1);
    } else if (event.key === "ArrowDown" && this.recalled > 0 && this.mayRecall()) {
      event.preventDefault();
      this.recall(this.recalled - 1);
    }
  }

  /** @returns {boolean} whether the box holds nothing that recalling would overwrite */
  mayRecall() {
    return this.box.value === "" || (this.recalled > 0 && this.box.value === this.actions.earlier().at(-this.recalled));
  }

  /** @param {number} back */
  recall(back) {
    const earlier = this.actions.earlier();
    this.recalled = Math.min(Math.max(back, 0), earlier.length);
    this.set(this.recalled === 0 ? "" : (earlier.at(-this.recalled) ?? ""));
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }
}
