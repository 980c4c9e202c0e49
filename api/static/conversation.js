/**
 * The conversation, and its copy in the tab's session storage, so that it is
 * still there when the reader comes back from an article.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").PastTurn} PastTurn
 * @typedef {{question: string, state: "asking" | "answered" | "failed" | "stopped",
 *   answer: Answer | null, failure: {message: string, hint: string} | null}} Turn
 */

const KEY = "pincite.conversation";

// Raise it when Turn or Answer changes shape: an older copy is then left unread.
const FORMAT = 1;

const HISTORY_TURNS = 10;

export class Conversation {
  constructor() {
    /** @type {Turn[]} */
    this.turns = [];
    /** Distance from the top in CSS pixels, as last saved. */
    this.scroll = 0;
  }

  /**
   * @param {string} question
   * @returns {Turn} the new last turn
   */
  add(question) {
    /** @type {Turn} */
    const turn = { question, state: "asking", answer: null, failure: null };
    this.turns.push(turn);
    return turn;
  }

  /**
   * What the server is told of the turns before this one.
   *
   * @param {Turn} turn
   * @returns {PastTurn[]} answered turns only, oldest first, at most ten
   */
  historyBefore(turn) {
    return this.turns
      .slice(0, this.turns.indexOf(turn))
      .filter((past) => past.answer !== null)
      .slice(-HISTORY_TURNS)
      .map((past) => ({ question: past.question, answer: past.answer?.answer ?? "" }));
  }

  /** @returns {Turn[]} the turns that were there */
  clear() {
    const turns = this.turns;
    this.turns = [];
    this.scroll = 0;
    return turns;
  }

  /** Writes the copy; where the quota is too small, without the oldest turns. */
  save() {
    for (let first = 0; first <= this.turns.length; first += 1) {
      if (stored({ format: FORMAT, scroll: this.scroll, turns: this.turns.slice(first) })) return;
    }
  }

  /** Reads the copy. One that is missing, damaged or of another format is an empty conversation. */
  load() {
    const copy = readCopy();
    if (!copy) return;
    this.scroll = Number(copy.scroll) || 0;
    this.turns = copy.turns.map(settled);
  }
}

/**
 * @param {object} copy
 * @returns {boolean} false where it does not fit
 */
function stored(copy) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(copy));
    return true;
  } catch (error) {
    // QuotaExceededError: too much. SecurityError: the reader has switched storage off.
    if (error instanceof DOMException) return error.name !== "QuotaExceededError";
    throw error;
  }
}

/** @returns {{scroll: unknown, turns: Turn[]} | null} */
function readCopy() {
  try {
    const copy = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return copy?.format === FORMAT && Array.isArray(copy.turns) && copy.turns.every(isTurn) ? copy : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isTurn(value) {
  const complete =
    { asking: true, stopped: true, failed: value?.failure?.message, answered: value?.answer?.text }[value?.state] ?? null;
  return typeof value?.question === "string" && complete !== null;
}

/**
 * A request does not outlive its page, so a turn that was waiting is a stopped one.
 *
 * @param {Turn} turn
 * @returns {Turn}
 */
function settled(turn) {
  return turn.state === "asking" ? { ...turn, state: "stopped" } : turn;
}
