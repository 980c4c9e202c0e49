/**
 * The page's address names the questions of its conversation, so that it can
 * be shared: whoever opens it asks the same, one after the other.
 */

const LONGEST = 2000; // characters; some programs cut a longer address
const CURRENT = "pincite.current";
const SCROLL = "pincite.scroll";

/** @returns {string[]} the questions that the address asks */
export function questionsInAddress() {
  return new URLSearchParams(location.search).getAll("q").map((asked) => asked.trim()).filter(Boolean);
}

/**
 * @param {string[]} questions
 * @returns {string} path and query
 */
export function addressOf(questions) {
  if (questions.length === 0) return "/";
  const whole = `/?${new URLSearchParams(questions.map((question) => ["q", question]))}`;
  return whole.length <= LONGEST || questions.length === 1 ? whole : addressOf(questions.slice(0, -1));
}

/**
 * @param {string} id of the conversation on show
 * @param {string[]} questions
 */
export function showInAddress(id, questions) {
  history.replaceState(null, "", addressOf(questions));
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
