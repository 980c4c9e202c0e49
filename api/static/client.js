/**
 * The page's side of the HTTP interface, and one kind of failure.
 *
 * @typedef {{shards: number, of: number}} Searched
 * @typedef {{id: string, file: string, title: string, publisher: string | null, published: string | null}} ArticleRef
 * @typedef {ArticleRef & {kind: string | null, paragraphs: number, url: string}} ArticleEntry
 * @typedef {{text: string, start: number, end: number}} Extract
 * @typedef {{number: number, article: ArticleRef, section: {title: string, published: string | null} | null,
 *   paragraph: {number: number | null, label?: string, text: string}, quote: string, start: number, end: number,
 *   url: string, sentence: Extract | null, said_by: Extract | null, page?: number | null}} Citation
 * @typedef {{answer: string, confidence: number, citations: number[], sources: number, disputes?: boolean}} Account
 * @typedef {"answered" | "disputed" | "no_answer" | "no_question"} Status
 * @typedef {{question: string, understood_as: string, status: Status,
 *   answer: string | null, text: string, confidence: number, accounts: Account[], citations: Citation[],
 *   nearest: Citation[], silent?: ArticleRef[], searched?: Searched | null, took_ms: {retrieve: number, read: number, total: number} | null}} Answer
 * @typedef {{understood_as: string, nearest: Citation[]}} Passages
 * @typedef {{status: Status, text: string, accounts: Account[], citations: Citation[]}} Accounts
 * @typedef {{question: string, answer: string}} PastTurn
 * @typedef {{role: string, start: number, end: number, number: number | null, section: number | null, part?: number | null}} Block
 * @typedef {ArticleEntry & {text: string, blocks: Block[], source_url?: string | null, pages?: number[][] | null}} Article
 * @typedef {{articles?: string[], collection?: string}} Scope what of the documents is asked
 */

import { events } from "./stream.js";

const EVENTS = "text/event-stream";

/** A failure a person can act on: what happened, and what to do next. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {string} hint what to do next; may be empty
   * @param {number} [status] of the response; 0 where there was none
   */
  constructor(message, hint, status = 0) {
    super(message);
    this.name = "ServiceError";
    this.hint = hint;
    this.status = status;
  }
}

/**
 * Asks a question.
 *
 * @param {{question: string, history: PastTurn[]} & Scope} asked `history`: earlier turns, oldest first
 * @param {AbortSignal} signal
 * @param {{passages: (known: Passages) => void, accounts: (known: Accounts) => void}} stages called as they are done
 * @returns {Promise<Answer>}
 * @throws {ServiceError} when there is no answer to be had
 * @throws {DOMException} named AbortError, when the signal fired
 */
export async function ask(asked, signal, stages) {
  const headers = { "Content-Type": "application/json", Accept: `${EVENTS}, application/json` };
  const response = await reach("/v1/ask", { method: "POST", headers, body: JSON.stringify(asked), signal });
  if (!response.ok) throw await failureOf(response);
  const streams = response.headers.get("Content-Type")?.startsWith(EVENTS);
  if (!streams || !response.body) return parsed(response);
  return answerIn(response.body, stages);
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {{passages: (known: Passages) => void, accounts: (known: Accounts) => void}} stages
 * @returns {Promise<Answer>}
 */
async function answerIn(body, stages) {
  try {
    for await (const { event, data } of events(body)) {
      const known = JSON.parse(data);
      if (event === "answer") return known;
      if (event === "error") throw new ServiceError(known.error.message, known.error.hint);
      if (event === "passages") stages.passages(known);
      if (event === "accounts") stages.accounts(known);
    }
  } catch (error) {
    if (error instanceof TypeError) throw unreachable();
    if (error instanceof SyntaxError) throw unreadable();
    throw error;
  }
  throw new ServiceError("The answer broke off.", "The connection was closed before its end. Ask again.");
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the body
 * @throws {ServiceError}
 */
export async function requestJson(path, options = {}) {
  const response = await reach(path, options);
  if (!response.ok) throw await failureOf(response);
  return response.status === 204 ? null : parsed(response);
}

/**
 * @param {string} path
 * @returns {Promise<string>} the body
 * @throws {ServiceError}
 */
export async function requestText(path) {
  const response = await reach(path, { headers: { Accept: "text/plain, */*" } });
  if (!response.ok) throw await failureOf(response);
  return response.text();
}

/**
 * @param {string} id
 * @param {Scope} [scope]
 * @returns {Promise<Article>} the article whole
 * @throws {ServiceError}
 */
export function article(id, scope = {}) {
  return requestJson(`/v1/articles/${encodeURIComponent(id)}${inCollection(scope, "?")}`);
}

/**
 * @param {string} id of an article
 * @param {Scope} scope
 * @returns {Promise<ArticleRef>} by its id alone where it can't be had: a question of it then says why
 */
export async function namedArticle(id, scope) {
  try {
    return await article(id, scope);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { id, file: id, title: id, publisher: null, published: null };
  }
}

/**
 * @param {Scope} scope
 * @param {"?" | "&"} joint
 * @returns {string} the part of an address that names the collection; empty for the service's own
 */
export function inCollection(scope, joint) {
  return scope.collection ? `${joint}collection=${encodeURIComponent(scope.collection)}` : "";
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Response>}
 */
async function reach(path, options) {
  try {
    return await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch (error) {
    // fetch rejects with a TypeError when no response came back at all.
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
}

/**
 * @param {Response} response a successful one
 * @returns {Promise<any>}
 */
async function parsed(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable();
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
}

/** @returns {ServiceError} */
function unreadable() {
  return new ServiceError("The reply could not be read.", "Something between this page and the server changed it. Try again.");
}

/** @returns {ServiceError} */
function unreachable() {
  return navigator.onLine
    ? new ServiceError("The server can’t be reached.", "Check that it is running, then try again.")
    : new ServiceError("You are offline.", "Your question is kept. Try again once you are connected.");
}

/**
 * @param {Response} response an unsuccessful one
 * @returns {Promise<ServiceError>}
 */
async function failureOf(response) {
  // A proxy in between may answer with a page of its own instead of our envelope.
  const body = await response.json().catch(() => null);
  const error = body?.error;
  if (typeof error?.message === "string") {
    return new ServiceError(error.message, typeof error.hint === "string" ? error.hint : "", response.status);
  }
  return new ServiceError(`The server answered with status ${response.status}.`, "Try again in a moment.", response.status);
}
