/**
 * What the article page does better with script. Without it the address's
 * fragment already leads to the paragraph, and the link to the conversation works.
 */

const quote = document.getElementById("quote");
const back = /** @type {HTMLAnchorElement | null} */ (document.getElementById("back"));

/** Following a paragraph's number adds an entry; going back would then stay in the article. */
let hasMoved = false;

/**
 * Brings the quoted words themselves to the middle: their paragraph, which the
 * address names, may be taller than the screen.
 */
function centreQuote() {
  const [arrival] = performance.getEntriesByType("navigation");
  // On a reload or a return the browser puts the reader back where they were.
  const isFresh = /** @type {PerformanceNavigationTiming} */ (arrival)?.type === "navigate";
  const paragraph = quote?.closest("[id^=p]");
  const isMeant = location.hash === "" || location.hash === `#${paragraph?.id}`;
  if (isFresh && isMeant) quote?.scrollIntoView({ block: "center" });
}

/** @param {MouseEvent} event */
function goBack(event) {
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0);
  if (!isPlain || hasMoved || !cameFromConversation()) return;
  event.preventDefault();
  history.back();
}

/** @returns {boolean} */
function cameFromConversation() {
  if (document.referrer === "") return false;
  const from = new URL(document.referrer);
  return from.origin === location.origin && from.pathname === "/";
}

back?.addEventListener("click", goBack);
addEventListener("hashchange", () => (hasMoved = true));
// The browser goes to the fragment when the page has loaded; this comes after it.
addEventListener("load", () => requestAnimationFrame(centreQuote));
