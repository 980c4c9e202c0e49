/** The keys of the page, and the list of them. */

import { byId, element } from "./dom.js";

const SWITCH = "pincite.single-keys";

/**
 * @typedef {{key: string, what: string, act: () => void}} Key one that acts while nothing is being typed
 */

/** @type {[string, string][]} keys that act where they are typed */
const IN_THE_BOX = [
  ["Enter", "Ask"],
  ["Shift Enter", "A new line"],
  ["↑ ↓", "Earlier questions"],
  ["Esc", "Stop; close what is open"],
];

/**
 * @param {Key[]} keys
 * @param {() => void} onEscape
 */
export function listenForKeys(keys, onEscape) {
  const dialog = byId("keys");
  const own = { key: "?", what: "This list", act: () => dialog.showModal() };
  const every = [...keys, own];
  const rows = [...every.map(({ key, what }) => [key, what]), ...IN_THE_BOX];
  byId("key-list").append(
    ...rows.map(([key, what]) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, what))),
  );
  byId("show-keys").addEventListener("click", own.act);
  byId("close-keys").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (/** @type {Event} */ event) => event.target === dialog && dialog.close());

  const single = byId("single-keys");
  single.checked = localValue() !== "off";
  single.addEventListener("change", () => keepValue(single.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || dialog.open) return;
    if (event.key === "Escape") onEscape();
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !single.checked) return;
    const pressed = every.find(({ key }) => key === event.key);
    if (!pressed) return;
    event.preventDefault();
    pressed.act();
  });
}

/** @returns {string | null} */
function localValue() {
  try {
    return localStorage.getItem(SWITCH);
  } catch (error) {
    if (error instanceof DOMException) return null; // storage switched off
    throw error;
  }
}

/** @param {string} value */
function keepValue(value) {
  try {
    localStorage.setItem(SWITCH, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
