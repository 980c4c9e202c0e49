/**
 * What the article page does better with script: it shows a PDF's page over the text. Without it
 * the address's fragment already leads to the paragraph, and the link to the conversation works.
 */

const quote = document.getElementById("quote");
const back = /** @type {HTMLAnchorElement | null} */ (document.getElementById("back"));

/** Following a paragraph's number adds an entry; going back would then stay in the article. */
let hasMoved = false;

/** Whoever has begun to read is not moved any more. */
let isReading = false;

/** @returns {boolean} whether the address leads to the quoted words, and nobody has gone elsewhere */
function leadsToQuote() {
  const [arrival] = performance.getEntriesByType("navigation");
  // On a reload or a return the browser puts the reader back where they were.
  const isFresh = /** @type {PerformanceNavigationTiming} */ (arrival)?.type === "navigate";
  const paragraph = quote?.closest("[id^=p]");
  return isFresh && !hasMoved && !isReading && (location.hash === "" || location.hash === `#${paragraph?.id}`);
}

/**
 * Brings the quoted words themselves to the middle, on the picture of their page where it is there:
 * their paragraph, which the address names, may be taller than the screen.
 */
function centreQuote() {
  const words = document.querySelector("#pages rect") ?? quote;
  if (leadsToQuote()) words?.scrollIntoView({ block: "center", inline: "center" });
}

/**
 * Puts the pictures of the pages that hold the quoted words over the text, as the source beside an answer has them.
 *
 * @param {HTMLElement} main
 */
async function showPages(main) {
  const { pagesOf, pictureView } = await import("./page_picture.js");
  const { element } = await import("./dom.js");
  const { ServiceError } = await import("./client.js");
  const { id = "", title = "", start, end, pages: count } = main.dataset;
  const place = element("div", { id: "pages", class: "pages" });
  try {
    const collection = new URLSearchParams(location.search).get("collection") ?? undefined;
    const pages = await pagesOf(id, { start: Number(start), end: Number(end) }, { collection });
    if (pages.length === 0) return;
    place.append(...pages.map((page) => pictureView(page, title, Number(count))), element("h2", { class: "text-head" }, "Its text"));
    document.getElementById("to-page")?.removeAttribute("hidden");
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // The text says the same, and stays where it is.
    place.append(element("p", { class: "no-page", role: "status" }, `The picture of its page can’t be shown: ${error.message}`));
  }
  main.querySelector("article")?.before(place);
  centreQuote();
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

const main = document.getElementById("article");
if (main?.dataset.pages) void showPages(main);
back?.addEventListener("click", goBack);
for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, () => (isReading = true), { once: true, passive: true });
addEventListener("hashchange", () => (hasMoved = true));
// The browser goes to the fragment when the page has loaded; this comes after it.
addEventListener("load", () => requestAnimationFrame(centreQuote));
