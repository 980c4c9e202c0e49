/**
 * What the service at the other end can do: the page that it serves says so.
 *
 * @typedef {{adds: boolean, removes: boolean, scopes: boolean, collections: boolean, fetches: boolean}} Offers
 */

/** @returns {Offers} */
export function offers() {
  const named = new Set((document.body.dataset.offers ?? "").split(" "));
  return {
    adds: named.has("adds"),
    removes: named.has("removes"),
    scopes: named.has("scopes"),
    collections: named.has("collections"),
    fetches: named.has("fetches"),
  };
}
