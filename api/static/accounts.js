/**
 * Where sources differ: each account in a column of its own, with its words,
 * its sentence, who claims it and who prints it; and below, who doesn't say.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Account} Account
 * @typedef {import("./client.js").Citation} Citation
 */

import { inPercent, inWords } from "./confidence.js";
import { counted, element, spokenOnly } from "./dom.js";
import { articleLink, chip, claimedBy, collectionOf, markedSentence, marker, publisherOf } from "./quotation.js";

const LONG_WORDS = 60; // characters; longer ones are set smaller

/**
 * @param {Answer} answer one with several accounts
 * @returns {HTMLElement[]}
 */
export function accountsView(answer) {
  const [[what, columns], ...beside] = headed(answer);
  return [
    element(
      "div",
      { class: answer.status === "disputed" ? "differ disputed" : "differ several" },
      element("h3", {}, what),
      element("p", {}, counted(columns.length, "account")),
    ),
    element("ol", { class: "accounts", role: "list" }, ...columns.map((account, n) => column(account, n + 1, answer))),
    ...beside.map(([also, accounts]) => alsoSaid(also, accounts, answer)),
  ];
}

/**
 * @param {Answer} answer
 * @returns {[string, Account[]][]} its accounts, each part with the words that head it; a single account with none
 */
export function headed(answer) {
  const [leading, ...others] = answer.accounts;
  if (others.length === 0) return [["", answer.accounts]];
  if (answer.status !== "disputed") return [["The documents give several answers", answer.accounts]];
  const beside = others.filter((account) => !account.disputes);
  const differ = [leading, ...others.filter((account) => account.disputes)];
  return beside.length > 0 ? [["Accounts differ", differ], ["Also said", beside]] : [["Accounts differ", differ]];
}

/**
 * @param {Account} account
 * @param {number} place from 1
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function column(account, place, answer) {
  const behind = citationsOf(account, answer);
  const [first] = behind;
  return element(
    "li",
    { class: "account" },
    element(
      "p",
      { class: account.answer.length > LONG_WORDS ? "account-words long" : "account-words", dir: "auto" },
      spokenOnly(`Account ${place}: `),
      account.answer,
      ...behind.map(marker),
    ),
    first ? element("blockquote", { class: "account-sentence", dir: "auto", cite: first.url }, ...markedSentence(first)) : null,
    first ? claimedBy(first) : null,
    element("ul", { class: "chips", role: "list" }, ...behind.map((citation) => element("li", {}, chip(citation)))),
    element("p", { class: "account-weight" }, weight(account, behind), ...(answer.status === "disputed" ? [] : [" · ", howSure(account.confidence)])),
  );
}

/**
 * @param {Account} account
 * @param {Citation[]} behind
 * @returns {string} such as "2 independent sources" or "2 articles from one source"
 */
export function weight(account, behind) {
  const articles = new Set(behind.map((citation) => citation.article.id)).size;
  if (account.sources === 1 && articles > 1) return `${articles} articles from one source`;
  return account.sources === 1 ? "One source" : counted(account.sources, "independent source");
}

/**
 * @param {number} confidence 0..1
 * @returns {HTMLElement} such as "Very likely right", with the number for who points at it
 */
export function howSure(confidence) {
  return element("span", { class: "confidence", title: `${inPercent(confidence)} likely to be right` }, inWords(confidence));
}

/**
 * @param {Account} account
 * @param {Answer} answer
 * @returns {Citation[]}
 */
export function citationsOf(account, answer) {
  const numbered = new Map(answer.citations.map((citation) => [citation.number, citation]));
  return account.citations.flatMap((number) => numbered.get(number) ?? []);
}

/**
 * @param {string} heading
 * @param {Account[]} accounts that don't differ from the leading one
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function alsoSaid(heading, accounts, answer) {
  const items = accounts.map((account) => {
    const behind = citationsOf(account, answer);
    const names = [...new Set(behind.map(({ article }) => publisherOf(article)))].join(", ");
    return element("li", {}, element("q", { dir: "auto" }, account.answer), ...behind.map(marker), ` ${names}`);
  });
  return element(
    "div",
    { class: "also-said" },
    element("h4", {}, heading),
    element("ul", { role: "list" }, ...items),
  );
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement | null} the documents as near to the question that don't say
 */
export function silentView(answer) {
  const silent = answer.silent ?? [];
  if (silent.length === 0) return null;
  const collection = collectionOf(answer.citations[0]);
  const links = silent.map((article) => element("li", {}, articleLink(article, collection)));
  return element(
    "div",
    { class: "silent" },
    element("p", {}, links.length === 1 ? "As near to the question, but doesn’t say:" : "As near to the question, but don’t say:"),
    element("ul", { role: "list" }, ...links),
  );
}
