/**
 * A conversation: its turns, its name, and what of it is kept.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").PastTurn} PastTurn
 * @typedef {import("./client.js").Scope} Scope
 * @typedef {{question: string, state: "asking" | "answered" | "failed" | "stopped", scope: Scope, only?: string | null,
 *   answer: Answer | null, failure: {message: string, hint: string} | null}} Turn `only`: title of the document that alone was asked
 * @typedef {{format: number, id: string, changed: number, turns: Turn[]}} Kept `changed`: in ms since 1970
 */

import * as keeping from "./keeping.js";

// Raise it when Turn or Answer changes shape: older copies are then shown by their questions only.
const FORMAT = 2;

const HISTORY_TURNS = Math.min(10, Number(document.body.dataset.historyTurns)); // the service may take fewer
const TITLE = 80; // characters

export class Conversation {
  /** @param {Kept} [kept] */
  constructor(kept) {
    this.id = kept?.id ?? newId();
    this.changed = kept?.changed ?? 0; // as this page knows it
    /** @type {Turn[]} */
    this.turns = kept?.turns.map((turn) => settled(turn, kept.format)) ?? [];
  }

  /**
   * @param {string} question
   * @param {Scope} scope
   * @param {string | null} only
   * @returns {Turn} the new last turn
   */
  add(question, scope, only) {
    /** @type {Turn} */
    const turn = { question, state: "asking", scope, only, answer: null, failure: null };
    this.turns.push(turn);
    return turn;
  }

  /**
   * The conversation in which a turn is asked otherwise. What came after the turn
   * stays in this one; where nothing did, it is this one.
   *
   * @param {Turn} turn
   * @returns {Conversation} with the turns before it
   */
  before(turn) {
    const at = this.turns.indexOf(turn);
    const other = at === this.turns.length - 1 ? this : new Conversation();
    other.turns = this.turns.slice(0, at);
    return other;
  }

  /**
   * What the server is told of the turns before this one.
   *
   * @param {Turn} turn
   * @returns {PastTurn[]} answered turns only, oldest first, at most ten
   */
  historyBefore(turn) {
    const answered = this.turns.slice(0, this.turns.indexOf(turn)).filter((past) => past.answer !== null);
    return answered
      .slice(Math.max(0, answered.length - HISTORY_TURNS)) // slice(-0) would be all of them
      .map((past) => ({ question: past.question, answer: past.answer?.answer ?? "" }));
  }

  /**
   * What another tab has kept of it meanwhile stays: then this becomes another conversation.
   *
   * @returns {Promise<boolean>} false where the browser keeps nothing
   */
  async save() {
    if (this.turns.length === 0) return true;
    const known = this.changed;
    this.changed = Date.now();
    const kept = await keeping.get(this.id);
    if (kept && kept.changed > known) this.id = newId();
    return keeping.put({ format: FORMAT, id: this.id, changed: this.changed, turns: structuredClone(this.turns) });
  }
}

/** @returns {string} */
function newId() {
  // crypto.randomUUID is there for secure pages only.
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

/**
 * @param {Turn[]} turns
 * @returns {string} its first question, cut
 */
export function nameOf(turns) {
  const first = turns[0]?.question.trim() ?? "";
  return first.length > TITLE ? `${first.slice(0, TITLE).trimEnd()}…` : first;
}

/**
 * @param {Turn} turn
 * @returns {string[]} what its question does not say: the document that alone was asked, what a follow-up was looked up as
 */
export function asidesOf({ question, scope, only, answer }) {
  const alone = only ?? scope.articles?.join(", ");
  const understood = answer?.understood_as.trim();
  const isOther = understood && understood !== question.trim();
  return [...(alone ? [`Only in ${alone}`] : []), ...(isOther ? [`Looked up as: ${understood}`] : [])];
}

/**
 * A request does not outlive its page, so a turn that was waiting is a stopped one;
 * and an answer of an older form can't be shown, but asked for again.
 *
 * @param {Turn} turn
 * @param {number} format
 * @returns {Turn}
 */
function settled(turn, format) {
  const isOld = format !== FORMAT;
  if (turn.state !== "asking" && !isOld) return turn;
  return { question: turn.question, state: "stopped", scope: turn.scope ?? {}, only: turn.only, answer: null, failure: null };
}
