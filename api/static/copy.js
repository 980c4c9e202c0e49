/**
 * Taking an answer along: its words and its sources as plain text, ready for
 * a footnote.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Citation} Citation
 */

import { button, dateInWords } from "./dom.js";

const NOTICE_MS = 2000;

/**
 * @param {Answer} answer
 * @returns {HTMLButtonElement}
 */
export function copyButton(answer) {
  const label = "Copy with sources";
  const node = button(label, "text-button copy", async () => {
    node.textContent = (await copied(asText(answer))) ? "Copied" : "Copying was refused";
    setTimeout(() => (node.textContent = label), NOTICE_MS);
  });
  return node;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    // NotAllowedError: the browser, or the reader, said no.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/**
 * @param {Answer} answer
 * @returns {string}
 */
function asText(answer) {
  const versions = answer.accounts.map(
    (account) => account.answer + account.citations.map((number) => ` [${number}]`).join(""),
  );
  const said = versions.length > 1 ? versions.join("\n") : answer.text;
  return [answer.understood_as, said, answer.citations.map(footnote).join("\n")].join("\n\n");
}

/**
 * @param {Citation} citation
 * @returns {string}
 */
function footnote(citation) {
  const { article, section, paragraph, quote, url } = citation;
  const where = [
    article.publisher,
    `“${article.title}”`,
    dateInWords(article.published),
    section?.published,
    paragraph.label,
  ];
  return `[${citation.number}] ${where.filter(Boolean).join(", ")}: “${quote}”. ${new URL(url, location.href)}`;
}
