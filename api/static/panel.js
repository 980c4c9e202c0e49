/**
 * A panel that stands beside the conversation where the window is wide enough,
 * and lies over it as a modal sheet where it is not.
 */

export class Panel {
  /**
   * @param {HTMLDialogElement} node
   * @param {string} wideEnough media query for standing beside
   * @param {string} bodyClass set on the body while it stands beside
   */
  constructor(node, wideEnough, bodyClass) {
    this.node = node;
    this.wide = matchMedia(wideEnough);
    this.bodyClass = bodyClass;
    /** @type {Element | null} what had the focus before */
    this.opener = null;
    this.wide.addEventListener("change", () => this.refit());
    // The panel's content fills it, so a click on the dialog itself is on its backdrop.
    node.addEventListener("click", (event) => event.target === node && !this.wide.matches && this.close());
    // The event comes later than the closing: by then the panel may be open again.
    node.addEventListener("close", () => this.isOpen || document.body.classList.remove(this.bodyClass));
  }

  get isOpen() {
    return this.node.open;
  }

  get isBeside() {
    return this.wide.matches;
  }

  /** @param {HTMLElement} [focused] gets the focus; without it a panel beside leaves it where it is */
  open(focused) {
    if (!this.node.contains(document.activeElement)) this.opener = document.activeElement;
    if (!this.node.open) {
      // show() would move the focus even where nobody asked for the panel.
      if (this.isBeside) this.node.setAttribute("open", "");
      else this.node.showModal();
    }
    document.body.classList.toggle(this.bodyClass, this.isBeside);
    focused?.focus({ preventScroll: true });
  }

  close() {
    const had = this.node.contains(document.activeElement);
    if (this.node.open) this.node.close();
    document.body.classList.remove(this.bodyClass);
    if (had && this.opener instanceof HTMLElement) this.opener.focus({ preventScroll: true });
  }

  /** A sheet that nobody opened must not cover a window that became narrow. */
  refit() {
    const wasOpen = this.isOpen;
    if (wasOpen) this.node.close();
    if (wasOpen && this.isBeside) this.open();
  }
}
