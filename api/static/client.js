/**
 * The page's side of the HTTP interface: three calls, and one kind of failure.
 *
 * @typedef {{id: string, file: string, title: string, publisher: string | null, published: string | null}} ArticleRef
 * @typedef {ArticleRef & {kind: string | null, paragraphs: number, url: string}} ArticleEntry
 * @typedef {{number: number, article: ArticleRef, section: {title: string, published: string | null} | null,
 *   paragraph: {number: number | null, label: string, text: string}, quote: string, start: number, end: number, url: string}} Citation
 * @typedef {{answer: string, confidence: number, citations: number[], sources: number}} Account
 * @typedef {{question: string, understood_as: string, status: "answered" | "disputed" | "no_answer" | "no_question",
 *   answer: string | null, text: string, confidence: number, accounts: Account[], citations: Citation[],
 *   nearest: Citation[], took_ms: {retrieve: number, read: number, total: number}}} Answer
 * @typedef {{question: string, answer: string}} PastTurn
 */

/** A failure a person can act on: what happened, and what to do next. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {string} hint what to do next; may be empty
   */
  constructor(message, hint) {
    super(message);
    this.name = "ServiceError";
    this.hint = hint;
  }
}

/**
 * Asks a question.
 *
 * @param {string} question
 * @param {PastTurn[]} history earlier turns, oldest first
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 * @throws {ServiceError} when there is no answer to be had
 * @throws {DOMException} named AbortError, when the signal fired
 */
export function ask(question, history, signal) {
  return requestJson("/v1/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question, history }),
    signal,
  });
}

/**
 * @returns {Promise<ArticleEntry[]>} every article that can be asked about
 * @throws {ServiceError}
 */
export async function listArticles() {
  return (await requestJson("/v1/articles")).articles;
}

/**
 * @returns {Promise<string[]>} questions to start from; possibly none
 * @throws {ServiceError}
 */
export async function listExamples() {
  return (await requestJson("/v1/examples")).questions;
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
async function requestJson(path, options = {}) {
  const response = await reach(path, options);
  if (response.ok) return parsed(response);
  throw await failureOf(response);
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
    if (error instanceof SyntaxError) {
      throw new ServiceError("The reply could not be read.", "Something between this page and the server changed it. Try again.");
    }
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
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
    return new ServiceError(error.message, typeof error.hint === "string" ? error.hint : "");
  }
  return new ServiceError(`The server answered with status ${response.status}.`, "Try again in a moment.");
}
