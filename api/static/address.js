/**
 * The page's address names the questions of its conversation and what of the
 * documents is asked, so that it can be shared: whoever opens it asks the same,
 * one after the other. What is asked is named once, so questions that were
 * asked of something else before are left out.
 *
 * @typedef {import("./client.js").Scope} Scope
 * @typedef {{question: string, scope: Scope}} Asked
 */

const LONGEST = 2000; // characters; some programs cut a longer address
const CURRENT = "pincite.current";
const SCROLL = "pincite.scroll";

/** @returns {string[]} the questions that the address asks */
export function questionsInAddress() {
  return new URLSearchParams(location.search).getAll("q").map((asked) => asked.trim()).filter(Boolean);
}

/** @returns {Scope} what the address limits its questions to */
export function scopeInAddress() {
  const named = new URLSearchParams(location.search);
  const collection = named.get("collection");
  const articles = named.getAll("article");
  return { ...(collection ? { collection } : {}), ...(articles.length > 0 ? { articles } : {}) };
}

/**
 * @param {Asked[]} turns
 * @returns {string} path and query: of the last turns that were asked of the same
 */
export function addressOf(turns) {
  const last = turns.at(-1);
  if (!last) return "/";
  const scope = namesOf(last.scope);
  const asked = turns.slice(turns.findLastIndex((turn) => namesOf(turn.scope) !== scope) + 1);
  const whole = `/?${new URLSearchParams(asked.map(({ question }) => ["q", question]))}${scope && `&${scope}`}`;
  return whole.length <= LONGEST || asked.length === 1 ? whole : addressOf(asked.slice(0, -1));
}

/**
 * @param {Scope} scope
 * @returns {string} the part of the address that names it; empty for all of the service's own documents
 */
function namesOf({ collection, articles = [] }) {
  return String(new URLSearchParams([...(collection ? [["collection", collection]] : []), ...articles.map((id) => ["article", id])]));
}

/**
 * @param {string} id of the conversation on show
 * @param {Asked[]} turns
 */
export function showInAddress(id, turns) {
  history.replaceState(null, "", addressOf(turns));
  remember(CURRENT, id);
}

/** @returns {string | null} id of the conversation that this tab showed last */
export function lastShown() {
  return recall(CURRENT);
}

/** @param {number} top distance from the top in CSS pixels */
export function rememberScroll(top) {
  remember(SCROLL, String(top));
}

/** @returns {number} */
export function lastScroll() {
  return Number(recall(SCROLL)) || 0;
}

/**
 * @param {string} key
 * @param {string} value
 */
function remember(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch (error) {
    // Storage switched off: the tab begins anew next time.
    if (!(error instanceof DOMException)) throw error;
  }
}

/**
 * @param {string} key
 * @returns {string | null}
 */
function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
