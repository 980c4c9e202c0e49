/**
 * A conversation as a file: Markdown to read, JSON to work with.
 *
 * @typedef {import("./conversation.js").Turn} Turn
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Account} Account
 */

import { citationsOf, headed } from "./accounts.js";
import { asidesOf, nameOf } from "./conversation.js";
import { footnote, partly, possibly } from "./copy.js";
import { element } from "./dom.js";

const NAME = 60; // characters of a file's name

/**
 * @param {Turn[]} turns
 * @returns {string}
 */
export function asMarkdown(turns) {
  return `# ${plain(nameOf(turns))}\n\n${turns.map(turnAsMarkdown).join("\n\n")}\n`;
}

/**
 * @param {Turn[]} turns
 * @returns {string} questions with the very answers that the server gave
 */
export function asJson(turns) {
  const told = turns.map(({ question, scope, state, answer }) => ({ question, scope, state, answer }));
  return `${JSON.stringify({ name: nameOf(turns), turns: told }, null, 2)}\n`;
}

/**
 * @param {string} text
 * @param {string} name of the conversation
 * @param {"md" | "json"} suffix
 */
export function download(text, name, suffix) {
  const type = suffix === "md" ? "text/markdown" : "application/json";
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, NAME) || "conversation";
  element("a", { href: url, download: `${file}.${suffix}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {Turn} turn
 * @returns {string}
 */
function turnAsMarkdown(turn) {
  const { question, answer, failure } = turn;
  const said = answer ? answerAsMarkdown(answer) : `*${plain(failure?.message ?? "Stopped before there was an answer.")}*`;
  return [`## ${plain(question)}`, ...asidesOf(turn).map(plain), said].join("\n\n");
}

/**
 * @param {Answer} answer
 * @returns {string}
 */
function answerAsMarkdown(answer) {
  if (answer.accounts.length === 0) return plain(answer.text);
  const item = (/** @type {Account} */ account) => {
    const [first] = citationsOf(account, answer);
    const sentence = first?.sentence ? `\n  > ${plain(first.sentence.text)}` : "";
    return `- ${possibly(account, answer)}**${plain(account.answer)}** ${account.citations.map((number) => `[${number}]`).join("")}${sentence}`;
  };
  const said = headed(answer).flatMap(([head, accounts]) => [head && `${head}:`, accounts.map(item).join("\n")]);
  const sources = answer.citations.map((cited) => plain(footnote(cited))).join("  \n");
  return [...said, partly(answer), sources].filter(Boolean).join("\n\n");
}

/**
 * @param {string} text
 * @returns {string} in one line, what would be markup escaped
 */
function plain(text) {
  return text.replace(/\s+/g, " ").trim().replace(/([\\`*_<>#|])/g, "\\$1");
}
