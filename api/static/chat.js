/**
 * The conversation page: what happens between a question and its answer, and
 * how the parts of the page work together.
 *
 * @typedef {import("./conversation.js").Turn} Turn
 * @typedef {import("./conversation.js").Kept} Kept
 * @typedef {import("./client.js").Citation} Citation
 * @typedef {import("./client.js").ArticleRef} ArticleRef
 */

import { Adding } from "./adding.js";
import { addressOf, lastScroll, lastShown, questionsInAddress, rememberScroll, scopeInAddress, showInAddress } from "./address.js";
import { ask, inCollection, namedArticle, requestJson, ServiceError } from "./client.js";
import { Composer } from "./composer.js";
import { Conversation, nameOf } from "./conversation.js";
import { copying } from "./copy.js";
import { button, byId, counted, element } from "./dom.js";
import { asJson, asMarkdown, download } from "./export.js";
import * as keeping from "./keeping.js";
import { listenForKeys } from "./keys.js";
import { Library } from "./library.js";
import { Panel } from "./panel.js";
import { OPEN_ARTICLE, OPEN_SOURCE } from "./quotation.js";
import { Rail } from "./rail.js";
import { Reader } from "./reader.js";
import { offers } from "./service.js";
import { accountsSoFar, passagesView, showTurn } from "./turn.js";

const SKELETON_AFTER_MS = 150; // a quicker answer should not flash a placeholder
const PATIENCE_AFTER_MS = 8000;
const EXAMPLES_AFTER_MS = 20_000; // they are being made: looked for again, a few times
const EXAMPLES_LOOKS = 6;
const BESIDE = "(min-width: 64rem)";
const RAIL_BESIDE = "(min-width: 90rem)";

const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)");
let conversation = new Conversation();

/** @type {AbortController | null} the running request */
let running = null;

/** @type {ArticleRef | null} the document that alone is asked */
let only = null;

const composer = new Composer({
  send: (text) => void askQuestion(text),
  stop: () => running?.abort(),
  isBusy: () => running !== null,
  earlier: () => conversation.turns.map((turn) => turn.question),
  unscope: () => askOnly(null),
});
const pane = new Panel(byId("pane"), BESIDE, "has-pane");
const rail = new Rail(new Panel(byId("rail"), RAIL_BESIDE, "has-rail"), { open: (kept) => void openKept(kept), removed: onRemoved });
const library = new Library({
  open: (article) => reader.showArticle(article, library.scope),
  show: (citation, among) => reader.show(citation, among, { scope: library.scope }),
  ask: askOnly,
  removed: (id) => {
    reader.forget();
    if (only?.id === id) askOnly(null);
  },
  counted: showCount,
  chosen: () => {
    askOnly(null); // a document of the other collection
    void showExamples();
  },
});
const reader = new Reader(pane, { onClose: () => showLibrary(true), onAsk: null });
const adding = new Adding({
  scope: () => library.scope,
  opens: () => showLibrary(false),
  added: async (ids) => {
    reader.forget(); // what is shown of it may have been replaced
    await library.refresh(ids);
    await showExamples();
  },
});

/**
 * Puts a question to the documents and shows what comes back.
 *
 * @param {string} text
 * @returns {Promise<void>}
 */
async function askQuestion(text) {
  if (running) return;
  const scope = { ...library.scope, ...(only ? { articles: [only.id] } : {}) };
  const turn = conversation.add(text, scope, only?.title ?? null);
  const node = turnNode(turn);
  byId("conversation").append(node);
  showStage();
  const answered = answerTurn(turn, node);
  node.scrollIntoView({ block: "start", behavior: wantsStillness.matches ? "auto" : "smooth" });
  await answered;
}

/**
 * @param {Turn} turn
 * @returns {HTMLElement} that opens its citations beside the conversation
 */
function turnNode(turn) {
  const node = element("section", { class: "turn" });
  node.addEventListener(OPEN_SOURCE, (event) => {
    const among = turn.answer?.status === "no_answer" ? turn.answer.nearest : (turn.answer?.citations ?? []);
    reader.show(/** @type {CustomEvent} */ (event).detail, among, { home: node, scope: turn.scope });
  });
  node.addEventListener(OPEN_ARTICLE, (event) => reader.showArticle(/** @type {CustomEvent} */ (event).detail, turn.scope));
  return node;
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} node
 */
async function answerTurn(turn, node) {
  const asking = conversation;
  const controller = new AbortController();
  setRunning(controller);
  Object.assign(turn, { state: "asking", answer: null, failure: null });
  render(turn, node);
  void keep(asking); // a question that was asked is not lost with the page
  const waiting = waitVisibly(node);
  try {
    const history = asking.historyBefore(turn);
    const answer = await ask({ question: turn.question, history, ...turn.scope }, controller.signal, {
      passages: (known) => waiting.show(passagesView(known)),
      accounts: (known) => waiting.show(accountsSoFar(known, turn.question)),
    });
    Object.assign(turn, { state: "answered", answer });
  } catch (error) {
    Object.assign(turn, outcomeOf(error));
  } finally {
    waiting.end();
    if (running === controller) setRunning(null);
  }
  if (asking === conversation) {
    render(turn, node);
    showBeside(turn, node);
  }
  await keep(asking);
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
 * In a wide window the proof stands beside its answer without being asked for.
 *
 * @param {Turn} turn
 * @param {HTMLElement} node
 */
function showBeside(turn, node) {
  const [first] = turn.answer?.citations ?? [];
  if (!first || !pane.isBeside || !pane.isOpen || byId("pane").contains(document.activeElement)) return;
  reader.show(first, turn.answer?.citations ?? [], { home: node, scope: turn.scope, takesFocus: false });
}

/**
 * @param {HTMLElement} node
 * @returns {{show: (view: Node) => void, end: () => void}}
 */
function waitVisibly(node) {
  const note = element("p", { class: "waiting" }, "Looking for paragraphs…");
  const bars = ["", "", ""].map(() => element("span", { class: "bar-of-text", "aria-hidden": "true" }));
  const place = element("div", { class: "skeleton" }, note, ...bars);
  const patience = element("p", { class: "waiting", role: "status" });
  const timers = [
    setTimeout(() => node.append(place, patience), SKELETON_AFTER_MS),
    setTimeout(() => (patience.textContent = "Still reading. Escape stops it."), PATIENCE_AFTER_MS),
  ];
  return {
    show: (view) => place.replaceChildren(view, ...bars.slice(1)),
    end: () => timers.forEach(clearTimeout),
  };
}

/**
 * @param {Turn} turn
 * @param {HTMLElement} node
 */
function render(turn, node) {
  showTurn(turn, node, {
    retry: () => {
      composer.focus(); // the button goes away with the notice; focus would be lost with it
      void answerTurn(turn, node);
    },
    edit: (question) => void askOtherwise(turn, question),
    isBusy: () => running !== null,
    longest: composer.longest,
  });
}

/**
 * @param {Turn} turn
 * @param {string} question
 */
async function askOtherwise(turn, question) {
  const other = conversation.before(turn);
  const isBranch = other !== conversation;
  conversation = other;
  showConversation();
  composer.focus();
  if (isBranch) tell("The conversation as it was is kept under Conversations.");
  await askQuestion(question);
}

/** @param {AbortController | null} controller */
function setRunning(controller) {
  running = controller;
  composer.showBusy(controller !== null);
}

/** @param {Conversation} one */
async function keep(one) {
  const { id } = one;
  const isKept = await one.save();
  if (one.id !== id && one === conversation) showStage();
  if (!isKept) tell("This browser keeps no conversations: export what you want to have later.");
  await rail.refresh();
}

/** @param {string} what */
function tell(what) {
  byId("rail-status").textContent = what;
}

/** Shows the start or the conversation, whichever it is time for. */
function showStage() {
  const isEmpty = conversation.turns.length === 0;
  byId("start").hidden = !isEmpty;
  byId("share").hidden = isEmpty;
  byId("conversation-title").hidden = isEmpty;
  document.title = isEmpty ? "Pincite" : `${nameOf(conversation.turns)} · Pincite`;
  showInAddress(conversation.id, conversation.turns);
  rail.show(conversation.id);
}

/** Fills the page with the conversation as it is kept. */
function showConversation() {
  const nodes = conversation.turns.map((turn) => {
    const node = turnNode(turn);
    render(turn, node);
    return node;
  });
  byId("conversation").replaceChildren(...nodes);
  showStage();
}

/** @param {Kept} listed as it was when the list was made; another tab may have gone on with it */
async function openKept(listed) {
  running?.abort();
  conversation = new Conversation((await keeping.get(listed.id)) ?? listed);
  library.choose(conversation.turns.at(-1)?.scope.collection ?? "");
  showConversation();
  scrollTo(0, document.documentElement.scrollHeight);
  composer.focus();
}

function startAfresh() {
  running?.abort();
  conversation = new Conversation();
  showConversation();
  if (pane.isBeside && pane.isOpen) showLibrary(false);
  scrollTo(0, 0);
  composer.focus();
}

/** @param {string} id */
function onRemoved(id) {
  if (id === conversation.id) startAfresh();
}

/** @param {boolean} takesFocus */
function showLibrary(takesFocus) {
  byId("reader").hidden = true;
  byId("library").hidden = false;
  pane.node.setAttribute("aria-labelledby", "pane-title");
  pane.open(takesFocus || !pane.isBeside ? library.finder : undefined);
}

/** @param {ArticleRef | null} article the document to ask alone; null: all of them */
function askOnly(article) {
  only = article;
  composer.showScope(article?.title ?? null);
  if (article && !pane.isBeside) pane.close();
  if (article) composer.box.focus({ preventScroll: true });
}

/** @param {number | null} count of documents; null where it could not be learnt */
function showCount(count) {
  const what = count === null ? "The documents could not be listed." : counted(count, "document");
  byId("start-documents").replaceChildren(button(count === null ? what : `${what} to ask`, "text-button", () => showLibrary(true)));
}

/** @param {number} [looks] how often they are looked for before they are given up */
async function showExamples(looks = EXAMPLES_LOOKS) {
  const { collection } = library;
  try {
    const { questions } = await requestJson(`/v1/examples${inCollection(library.scope, "?")}`);
    if (collection !== library.collection) return;
    const example = (/** @type {string} */ text) =>
      button(text, "example", () => {
        composer.focus();
        void askQuestion(text);
      });
    byId("example-list").replaceChildren(...questions.map((/** @type {string} */ text) => element("li", {}, example(text))));
    byId("examples").hidden = questions.length === 0;
    const isWorthALook = () => library.collection === collection && library.articles.length > 0 && conversation.turns.length === 0;
    if (questions.length === 0 && looks > 1) setTimeout(() => isWorthALook() && void showExamples(looks - 1), EXAMPLES_AFTER_MS);
  } catch (error) {
    // They are an offer: without them, and with the documents' own error on show, nothing is lost.
    if (!(error instanceof ServiceError)) throw error;
  }
}

/** What the page's own address asks: a conversation of this tab is shown again, another one asked. */
async function followAddress() {
  const scope = scopeInAddress();
  const asked = questionsInAddress().map((question) => ({ question, scope }));
  const [alone] = scope.articles ?? [];
  if (alone) askOnly(await namedArticle(alone, library.scope));
  const kept = await keeping.get(lastShown() ?? "");
  if (conversation.turns.length > 0) return; // somebody was quicker
  const shown = kept && new Conversation(kept);
  if (shown && (asked.length === 0 || addressOf(shown.turns) === addressOf(asked))) {
    conversation = shown;
    showConversation();
    scrollTo(0, lastScroll());
    return;
  }
  showConversation();
  for (const { question } of asked) {
    await askQuestion(question);
    if (conversation.turns.at(-1)?.state !== "answered") return;
  }
}

function closeOrStop() {
  if (document.querySelector("dialog:modal")) return; // the browser closes it
  if (running) running.abort();
  else if (pane.isOpen && pane.node.contains(document.activeElement)) pane.close();
}

function listen() {
  byId("new-conversation").addEventListener("click", startAfresh);
  byId("show-library").addEventListener("click", () => (pane.isOpen && !byId("library").hidden ? pane.close() : showLibrary(true)));
  for (const node of document.querySelectorAll(".close-pane")) node.addEventListener("click", () => pane.close());
  const turns = () => conversation.turns;
  byId("copy-link").replaceWith(copying("Copy a link to it", () => location.href));
  byId("export-markdown").addEventListener("click", () => download(asMarkdown(turns()), nameOf(turns()), "md"));
  byId("export-json").addEventListener("click", () => download(asJson(turns()), nameOf(turns()), "json"));
  listenForKeys(
    [
      { key: "/", what: "Type a question", act: () => composer.box.focus() },
      { key: "j", what: "The next source", act: () => reader.isOpen && reader.step(1) },
      { key: "k", what: "The source before", act: () => reader.isOpen && reader.step(-1) },
      { key: "d", what: "Documents", act: () => showLibrary(true) },
      { key: "c", what: "Conversations", act: () => rail.toggle() },
      { key: "n", what: "New conversation", act: startAfresh },
    ],
    closeOrStop,
  );
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void rail.refresh());
  addEventListener("pagehide", () => rememberScroll(scrollY));
}

function start() {
  listen();
  if (pane.isBeside) pane.open();
  if (rail.panel.isBeside) rail.panel.open();
  composer.focus();
  library.collection = scopeInAddress().collection ?? "";
  void showExamples();
  const offered = offers();
  library.offer(offered);
  adding.offer(offered);
  reader.then.onAsk = offered.scopes ? askOnly : null;
  void library.refresh();
  void followAddress();
  performance.mark("usable"); // for whoever measures how soon
}

start();
