/**
 * One question of the conversation and what came of it, as it is shown.
 *
 * @typedef {import("./conversation.js").Turn} Turn
 * @typedef {import("./client.js").Passages} Passages
 * @typedef {import("./client.js").Accounts} Accounts
 * @typedef {{retry: () => void, edit: (question: string) => void, isBusy: () => boolean, longest: number}} Actions
 */

import { answerView } from "./answer.js";
import { asidesOf } from "./conversation.js";
import { button, counted, element, spokenOnly } from "./dom.js";
import { publisherOf } from "./quotation.js";

/**
 * @param {Turn} turn
 * @param {HTMLElement} node the turn's section, filled anew
 * @param {Actions} actions
 */
export function showTurn(turn, node, actions) {
  node.setAttribute("aria-busy", String(turn.state === "asking"));
  const asides = asidesOf(turn).map((said) => element("p", { class: "understood", dir: "auto" }, said));
  node.replaceChildren(question(turn, actions), ...asides);
  if (turn.state === "answered" && turn.answer) node.append(answerView(turn.answer));
  if (turn.state === "failed" && turn.failure) {
    const view = notice(turn.failure.message, turn.failure.hint, "Retry", actions);
    view.classList.add("failure");
    node.append(view);
  }
  if (turn.state === "stopped") node.append(notice("Stopped before there was an answer.", "", "Ask again", actions));
}

/**
 * @param {Passages} known
 * @returns {HTMLElement} where it is being looked, while there is no answer yet
 */
export function passagesView({ nearest }) {
  const names = [...new Set(nearest.map(({ article }) => publisherOf(article)))];
  return element(
    "div",
    { class: "looking" },
    element("p", { class: "waiting" }, `Reading the ${counted(nearest.length, "nearest paragraph")}…`),
    element("ul", { class: "chips", role: "list" }, ...names.map((name) => element("li", { class: "chip" }, name))),
  );
}

/**
 * @param {Accounts} known
 * @param {string} asked
 * @returns {DocumentFragment} the accounts so far
 */
export function accountsSoFar(known, asked) {
  const sure = known.accounts[0]?.confidence ?? 0;
  const answer = known.accounts[0]?.answer ?? null;
  const rest = { question: asked, understood_as: asked, answer, confidence: sure, nearest: [], took_ms: null };
  return answerView({ ...rest, ...known }, false);
}

/**
 * @param {Turn} turn
 * @param {Actions} actions
 * @returns {HTMLElement}
 */
function question(turn, actions) {
  const words = element("h2", { class: "question", dir: "auto" }, spokenOnly("You asked: "), turn.question);
  const row = element("div", { class: "question-row" }, words);
  if (turn.state !== "asking") {
    const edit = button("Edit", "text-button edit", () => row.replaceWith(editing(turn, row, actions)));
    edit.setAttribute("aria-label", `Edit the question: ${turn.question}`);
    row.append(edit);
  }
  return row;
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} row that comes back where nothing is changed
 * @param {Actions} actions
 * @returns {HTMLElement}
 */
function editing(turn, row, actions) {
  const box = /** @type {HTMLTextAreaElement} */ (element("textarea", { class: "edit-box", rows: 2, "aria-label": "The question, to be asked otherwise", maxlength: actions.longest }));
  box.value = turn.question;
  const back = () => {
    form.replaceWith(row);
    row.querySelector("button")?.focus();
  };
  const send = () => {
    if (actions.isBusy() || box.value.trim() === "") return;
    if (box.value.trim() === turn.question) back();
    else actions.edit(box.value.trim());
  };
  const asks = button("Ask", "solid", send);
  const form = element("div", { class: "editing" }, box, element("div", { class: "editing-row" }, button("Keep as it was", "quiet", back), asks));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      back();
    }
  });
  requestAnimationFrame(() => box.focus());
  return form;
}

/**
 * @param {string} message
 * @param {string} hint
 * @param {string} label
 * @param {Actions} actions
 * @returns {HTMLElement}
 */
function notice(message, hint, label, actions) {
  const retry = button(label, "quiet", () => !actions.isBusy() && actions.retry());
  const said = element("div", {}, element("p", { class: "notice-message" }, message), hint && element("p", {}, hint));
  return element("div", { class: "notice" }, said, retry);
}
