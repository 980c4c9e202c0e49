/**
 * The server counts characters as Unicode code points, JavaScript as UTF-16
 * units. Whatever cuts a text at the server's offsets goes through here.
 */

/**
 * @param {string} text
 * @returns {(points: number) => number} from a place in code points to the place in the string
 */
export function unitsIn(text) {
  if (!/[\uD800-\uDFFF]/.test(text)) return (points) => Math.min(Math.max(points, 0), text.length);
  const places = new Uint32Array(text.length + 1);
  let points = 0;
  for (let at = 0; at < text.length; points += 1) {
    places[points] = at;
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  places[points] = text.length;
  return (asked) => places[Math.min(Math.max(asked, 0), points)];
}
