/**
 * Building DOM nodes. Text always goes in as text nodes: an article is free to
 * contain markup, and none of it may come to life here.
 */

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 *   `true` sets an empty attribute; `false`, `null` and `undefined` set none.
 * @param {...(Node | string | null | undefined)} children strings become text nodes
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * Makes a button that does not submit anything.
 *
 * @param {string} label
 * @param {string} className
 * @param {(event: MouseEvent) => void} onClick
 * @returns {HTMLButtonElement}
 */
export function button(label, className, onClick) {
  const node = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: className }, label));
  node.addEventListener("click", onClick);
  return node;
}

/**
 * The element of the page with this id; a missing one is a mistake in the page.
 *
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no element with the id ${id}.`);
  return node;
}

/**
 * Text that only a screen reader gets.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
export function spokenOnly(text) {
  return element("span", { class: "visually-hidden" }, text);
}

const MONTH = { month: "long", year: "numeric", timeZone: "UTC" };

/**
 * A date in words, to the precision it was given with: "4 June 2023", "June 2023", "2023".
 *
 * @param {string | null} iso ISO 8601, possibly of reduced precision
 * @returns {string | null} null where there is no date, or one that is a sign of that; the input where it is not one
 */
export function dateInWords(iso) {
  if (!iso) return null;
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)/.exec(iso);
  if (!parts) return iso;
  const [, year, month, day] = parts;
  // Programs write the year 1 or 9999 where they know none.
  if (Number(year) < 1000 || Number(year) >= 3000) return null;
  if (!month) return year;
  // UTC on both sides, or a reader west of Greenwich would see the day before.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  if (!date.toISOString().startsWith(parts[0])) return iso; // the 30th of February
  return new Intl.DateTimeFormat("en-GB", day ? { day: "numeric", ...MONTH } : MONTH).format(date);
}

/**
 * @param {number} count
 * @param {string} one the noun for 1
 * @returns {string} such as "1 source" or "3 sources"
 */
export function counted(count, one) {
  return `${count.toLocaleString("en-GB")} ${one}${count === 1 ? "" : "s"}`;
}
