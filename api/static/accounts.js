/**
 * Where sources differ: each account in a column of its own, with its words,
 * its sentence, who claims it and who prints it; and below, who doesn't say.
 *
 * @typedef {import("./client.js").Answer} Answer
 * @typedef {import("./client.js").Account} Account
 * @typedef {import("./client.js").Citation} Citation
 */

import { counted, element, spokenOnly } from "./dom.js";
import { articleLink, chip, claimedBy, collectionOf, markedSentence, marker, publisherOf } from "./quotation.js";

const LONG_WORDS = 60; // characters; longer ones are set smaller

/**
 * @param {Answer} answer one with several accounts
 * @returns {HTMLElement[]}
 */
export function accountsView(answer) {
  const [leading, ...others] = answer.accounts;
  const disputing = others.filter((account) => account.disputes);
  const columns = answer.status === "disputed" ? [leading, ...disputing] : answer.accounts;
  const beside = answer.accounts.filter((account) => !columns.includes(account));
  return [
    heading(answer.status === "disputed", columns, answer),
    element("ol", { class: "accounts", role: "list" }, ...columns.map((account, n) => column(account, n + 1, answer))),
    ...(beside.length > 0 ? [alsoSaid(beside, answer)] : []),
  ];
}

/**
 * @param {boolean} isDisputed
 * @param {Account[]} columns
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function heading(isDisputed, columns, answer) {
  const what = isDisputed ? "Accounts differ" : "The documents give several answers";
  const articles = new Set(columns.flatMap((account) => citationsOf(account, answer).map(({ article }) => article.id)));
  const from = `${columns.length} accounts from ${counted(articles.size, "document")}`;
  return element(
    "div",
    { class: isDisputed ? "differ disputed" : "differ several" },
    element("h3", {}, what),
    element("p", {}, from),
  );
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
    element("p", { class: "account-weight" }, weight(account, behind)),
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
 * @param {Account} account
 * @param {Answer} answer
 * @returns {Citation[]}
 */
export function citationsOf(account, answer) {
  const numbered = new Map(answer.citations.map((citation) => [citation.number, citation]));
  return account.citations.flatMap((number) => numbered.get(number) ?? []);
}

/**
 * @param {Account[]} accounts that differ from none
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
function alsoSaid(accounts, answer) {
  const items = accounts.map((account) => {
    const behind = citationsOf(account, answer);
    const names = [...new Set(behind.map(({ article }) => publisherOf(article)))].join(", ");
    return element("li", {}, element("q", { dir: "auto" }, account.answer), ...behind.map(marker), ` ${names}`);
  });
  return element(
    "div",
    { class: "also-said" },
    element("h4", {}, "Said beside it, contradicting none"),
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
