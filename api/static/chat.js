/**
 * The conversation page: the question box, the turns, and what happens between
 * a question and its answer.
 *
 * @typedef {import("./conversation.js").Turn} Turn
 */

import { answerView } from "./answer.js";
import { ask, ServiceError } from "./client.js";
import { Conversation } from "./conversation.js";
import { prepareSheet, showArticles, showExamples } from "./corpus.js";
import { button, byId, element, spokenOnly } from "./dom.js";

const SKELETON_AFTER_MS = 150; // a quicker answer should not flash a placeholder
const PATIENCE_AFTER_MS = 8000;

const conversation = new Conversation();
const box = byId("question");
const hasKeyboard = matchMedia("(pointer: fine)");
const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {AbortController | null} the running request */
let running = null;

/** How many questions back the box shows; 0 is a question of the reader's own. */
let recalled = 0;

/** @type {Turn[]} the turns that "New conversation" took away */
let cleared = [];

/**
 * Puts a question to the articles and shows what comes back.
 *
 * @param {string} question
 */
function askQuestion(question) {
  const text = question.trim();
  if (text === "" || running) return;
  const turn = conversation.add(text);
  const node = element("section", { class: "turn" });
  byId("conversation").append(node);
  showStage();
  void answerTurn(turn, node);
  node.scrollIntoView({ block: "start", behavior: wantsStillness.matches ? "auto" : "smooth" });
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} node
 */
async function answerTurn(turn, node) {
  const controller = new AbortController();
  setRunning(controller);
  Object.assign(turn, { state: "asking", answer: null, failure: null });
  showTurn(turn, node);
  const timers = waitVisibly(node);
  try {
    const answer = await ask(turn.question, conversation.historyBefore(turn), controller.signal);
    Object.assign(turn, { state: "answered", answer });
  } catch (error) {
    Object.assign(turn, outcomeOf(error));
  } finally {
    timers.forEach(clearTimeout);
    setRunning(null);
  }
  showTurn(turn, node);
  conversation.save();
}

/**
 * @param {unknown} error
 * @returns {Partial<Turn>}
 */
function outcomeOf(error) {
  if (error instanceof DOMException && error.name === "AbortError") return { state: "stopped" };
  if (error instanceof ServiceError) return { state: "failed", failure: { message: error.message, hint: error.hint } };
  throw error;
}

/**
 * @param {HTMLElement} node
 * @returns {number[]} timers to clear once there is something better to show
 */
function waitVisibly(node) {
  const note = element("p", { class: "waiting" }, "Reading the articles…");
  const bars = ["", "", ""].map(() => element("span", { class: "bar-of-text", "aria-hidden": "true" }));
  return [
    setTimeout(() => node.append(element("div", { class: "skeleton" }, note, ...bars)), SKELETON_AFTER_MS),
    setTimeout(() => (note.textContent = "Still reading. Escape stops it."), PATIENCE_AFTER_MS),
  ];
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} node
 */
function showTurn(turn, node) {
  node.setAttribute("aria-busy", String(turn.state === "asking"));
  node.replaceChildren(question(turn), ...understoodAs(turn));
  if (turn.state === "answered" && turn.answer) node.append(answerView(turn.answer));
  if (turn.state === "failed" && turn.failure) node.append(failureView(turn, node));
  if (turn.state === "stopped") node.append(notice("Stopped before there was an answer.", "", "Ask again", turn, node));
}

/**
 * @param {Turn} turn
 * @returns {HTMLElement}
 */
function question(turn) {
  return element("h2", { class: "question", dir: "auto" }, spokenOnly("You asked: "), turn.question);
}

/**
 * @param {Turn} turn
 * @returns {HTMLElement[]} none where the question was taken as it stands
 */
function understoodAs(turn) {
  const understood = turn.answer?.understood_as.trim();
  if (!understood || understood === turn.question.trim()) return [];
  return [element("p", { class: "understood", dir: "auto" }, `Looked up as: ${understood}`)];
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} node
 * @returns {HTMLElement}
 */
function failureView(turn, node) {
  const { message, hint } = turn.failure ?? { message: "", hint: "" };
  const view = notice(message, hint, "Retry", turn, node);
  view.classList.add("failure");
  return view;
}

/**
 * @param {string} message
 * @param {string} hint
 * @param {string} label
 * @param {Turn} turn
 * @param {HTMLElement} node
 * @returns {HTMLElement}
 */
function notice(message, hint, label, turn, node) {
  const retry = button(label, "quiet", () => {
    if (running) return;
    // The button goes away with the notice; focus would be lost with it.
    if (hasKeyboard.matches) box.focus({ preventScroll: true });
    void answerTurn(turn, node);
  });
  const said = element("div", {}, element("p", { class: "notice-message" }, message), hint && element("p", {}, hint));
  return element("div", { class: "notice" }, said, retry);
}

/** @param {AbortController | null} controller */
function setRunning(controller) {
  running = controller;
  document.body.classList.toggle("is-asking", controller !== null);
  byId("send").setAttribute("aria-label", controller ? "Stop" : "Ask");
}

/** Shows the start or the conversation, whichever it is time for. */
function showStage() {
  const isEmpty = conversation.turns.length === 0;
  byId("start").hidden = !isEmpty;
  byId("new-conversation").hidden = isEmpty;
  byId("show-articles").hidden = isEmpty;
  byId("cleared").hidden = !isEmpty || cleared.length === 0;
}

/** Fills the page with the conversation as it is kept. */
function showConversation() {
  const nodes = conversation.turns.map((turn) => {
    const node = element("section", { class: "turn" });
    showTurn(turn, node);
    return node;
  });
  byId("conversation").replaceChildren(...nodes);
  showStage();
}

function startAfresh() {
  running?.abort();
  cleared = conversation.clear();
  conversation.save();
  showConversation();
  scrollTo(0, 0);
  focusBox();
}

function bringBack() {
  conversation.turns = cleared;
  cleared = [];
  conversation.save();
  showConversation();
  scrollTo(0, document.documentElement.scrollHeight);
  focusBox();
}

function focusBox() {
  // On a touch screen focus would raise the keyboard over what there is to read.
  if (hasKeyboard.matches) box.focus({ preventScroll: true });
}

/** @param {string} text */
function setBox(text) {
  box.value = text;
  fitBox();
}

function fitBox() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function sendBox() {
  if (running) return;
  const text = box.value;
  if (text.trim() === "") return;
  recalled = 0;
  setBox("");
  if (!hasKeyboard.matches) box.blur();
  askQuestion(text);
}

/** @param {KeyboardEvent} event */
function onBoxKey(event) {
  // While an input method is composing, Enter chooses a candidate.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendBox();
  } else if (event.key === "ArrowUp" && mayRecall()) {
    event.preventDefault();
    recall(recalled + 1);
  } else if (event.key === "ArrowDown" && recalled > 0 && mayRecall()) {
    event.preventDefault();
    recall(recalled - 1);
  }
}

/** @returns {boolean} whether the box holds nothing that recalling would overwrite */
function mayRecall() {
  return box.value === "" || (recalled > 0 && box.value === conversation.turns.at(-recalled)?.question);
}

/** @param {number} back */
function recall(back) {
  recalled = Math.min(Math.max(back, 0), conversation.turns.length);
  setBox(recalled === 0 ? "" : (conversation.turns.at(-recalled)?.question ?? ""));
  box.setSelectionRange(box.value.length, box.value.length);
}

/** @param {KeyboardEvent} event */
function onPageKey(event) {
  if (byId("articles").open) return; // there Escape closes the sheet
  if (event.key === "Escape" && running) {
    event.preventDefault();
    running.abort();
  }
  const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
  }
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  event.preventDefault();
  if (running) running.abort();
  else sendBox();
}

/** Asks the question in the page's own address, once: a reload is not a question. */
function askFromAddress() {
  const asked = new URLSearchParams(location.search).get("q")?.trim();
  if (!asked) return;
  history.replaceState(null, "", location.pathname);
  conversation.clear();
  showConversation();
  askQuestion(asked);
}

function listen() {
  byId("ask").addEventListener("submit", onSubmit);
  byId("new-conversation").addEventListener("click", startAfresh);
  byId("undo-clear").addEventListener("click", bringBack);
  box.addEventListener("keydown", onBoxKey);
  box.addEventListener("input", fitBox);
  document.addEventListener("keydown", onPageKey);
  addEventListener("pagehide", () => {
    conversation.scroll = scrollY;
    conversation.save();
  });
}

function start() {
  listen();
  prepareSheet();
  conversation.load();
  showConversation();
  scrollTo(0, conversation.scroll);
  focusBox();
  askFromAddress();
  void showArticles();
  void showExamples((text) => {
    askQuestion(text);
    focusBox();
  });
}

start();
