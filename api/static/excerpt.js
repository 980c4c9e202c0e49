/**
 * Cutting a long text down to the words around a quote. Offsets here are into
 * JavaScript strings (UTF-16).
 */

const SHORT = 420; // characters that are shown whole: about six lines
const AROUND = 170; // characters kept on either side of the quote
const NOT_WORTH_CUTTING = 40;

/**
 * @typedef {{head: string, before: string, quote: string, after: string, tail: string}} Excerpt
 *   the text in five pieces that make it up again; `head` and `tail` may be left out of view
 */

/**
 * @param {string} text the whole paragraph
 * @param {string} quote words of it
 * @returns {Excerpt} with an empty `quote` where the paragraph doesn't contain it
 */
export function excerpt(text, quote) {
  const found = quote === "" ? -1 : place(text, quote);
  return cutAround(text, Math.max(found, 0), found < 0 ? 0 : found + quote.length);
}

/**
 * @param {string} text
 * @param {number} start of the quote in the text
 * @param {number} end of the quote
 * @returns {Excerpt}
 */
export function cutAround(text, start, end) {
  const from = text.length <= SHORT ? 0 : cutBefore(text, start);
  const to = text.length <= SHORT ? text.length : cutAfter(text, end);
  return {
    head: text.slice(0, from),
    before: text.slice(from, start),
    quote: text.slice(start, end),
    after: text.slice(end, to),
    tail: text.slice(to),
  };
}

/**
 * Where the quote stands: where it is made of whole words, if it is anywhere,
 * so that "13" is not found inside "2013".
 *
 * @param {string} text
 * @param {string} quote
 * @returns {number} -1 where it doesn't
 */
function place(text, quote) {
  const first = text.indexOf(quote);
  for (let at = first; at >= 0; at = text.indexOf(quote, at + 1)) {
    const breaksLeft = isEdge(text.slice(0, at), quote);
    const breaksRight = isEdge(quote, text.slice(at + quote.length));
    if (breaksLeft && breaksRight) return at;
  }
  return first;
}

/**
 * @param {string} left
 * @param {string} right
 * @returns {boolean} whether no word runs from one into the other
 */
function isEdge(left, right) {
  return !(/[\p{L}\p{N}]$/u.test(left.slice(-2)) && /^[\p{L}\p{N}]/u.test(right));
}

/**
 * @param {string} text
 * @param {number} start of the quote
 * @returns {number} where the part in view begins: at a word, 0 where little would be saved
 */
function cutBefore(text, start) {
  if (start - AROUND < NOT_WORTH_CUTTING) return 0;
  const space = text.indexOf(" ", start - AROUND);
  return space < 0 || space >= start ? wholeCharacter(text, start - AROUND) : space + 1;
}

/**
 * @param {string} text
 * @param {number} end of the quote
 * @returns {number} where the part in view ends
 */
function cutAfter(text, end) {
  if (text.length - end - AROUND < NOT_WORTH_CUTTING) return text.length;
  const space = text.lastIndexOf(" ", end + AROUND);
  return space <= end ? wholeCharacter(text, end + AROUND) : space;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {number} `at`, or one more where it would part a surrogate pair
 */
function wholeCharacter(text, at) {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at;
}
