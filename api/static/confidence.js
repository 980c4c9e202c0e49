/** How sure an answer is, in words; the number is there for who points at it. */

const POSSIBLY = 0.5; // below it an answer is as likely wrong as right

/** @type {[number, string][]} from which confidence on which words */
const WORDS = [
  [0.85, "Very likely right"],
  [0.65, "Likely right"],
  [POSSIBLY, "More likely right than wrong"],
  [0, "Possibly right"],
];

/**
 * @param {number} value 0..1
 * @returns {boolean} whether the answer is to be called only possible
 */
export function isOnlyPossible(value) {
  return value < POSSIBLY;
}

/**
 * @param {number} value 0..1
 * @returns {string} such as "Very likely right"
 */
export function inWords(value) {
  return (WORDS.find(([least]) => value >= least) ?? WORDS[WORDS.length - 1])[1];
}

/**
 * @param {number} value 0..1
 * @returns {string} such as "87 %"
 */
export function inPercent(value) {
  return `${Math.round(value * 100)} %`;
}
