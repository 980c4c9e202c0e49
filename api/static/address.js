/**
 * The page's address names the questions of its conversation and what of the
 * documents is asked, so that it can be shared: whoever opens it asks the same,
 * one after the other.
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
 * @param {Asked[]} turns all of them are asked what the last one was
 * @returns {string} path and query
 */
export function addressOf(turns) {
  const last = turns.at(-1);
  if (!last) return "/";
  const { collection, articles = [] } = last.scope;
  const named = [
    ...turns.map(({ question }) => ["q", question]),
    ...(collection ? [["collection", collection]] : []),
    ...articles.map((id) => ["article", id]),
  ];
  const whole = `/?${new URLSearchParams(named)}`;
  return whole.length <= LONGEST || turns.length === 1 ? whole : addressOf(turns.slice(0, -1));
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
