/**
 * Where conversations are kept: the browser's own database. Nothing of them
 * goes to the server but the questions themselves.
 *
 * @typedef {import("./conversation.js").Kept} Kept
 */

const DATABASE = "pincite";
const STORE = "conversations";
const VERSION = 1;

/** @type {Promise<IDBDatabase | null> | null} */
let opening = null;

/** What is kept while the page is open, where the browser keeps nothing. @type {Map<string, Kept>} */
const inMemory = new Map();

/** @returns {Promise<IDBDatabase | null>} null where the reader has switched storage off */
function database() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch (error) {
      // SecurityError: no storage for this page.
      if (!(error instanceof DOMException)) throw error;
      resolve(null);
    }
  });
  return opening;
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>} the result; undefined where the browser refused it
 */
async function inStore(mode, act) {
  const opened = await database();
  if (!opened) return undefined;
  return new Promise((resolve) => {
    const transaction = opened.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result ?? null);
    transaction.onabort = () => resolve(undefined);
  });
}

/** @returns {Promise<Kept[]>} every conversation, the latest first */
export async function all() {
  const kept = (await inStore("readonly", (store) => store.getAll())) ?? [...inMemory.values()];
  return kept.sort((/** @type {Kept} */ a, /** @type {Kept} */ b) => b.changed - a.changed);
}

/**
 * @param {string} id
 * @returns {Promise<Kept | null>}
 */
export async function get(id) {
  return (await inStore("readonly", (store) => store.get(id))) ?? inMemory.get(id) ?? null;
}

/**
 * @param {Kept} conversation
 * @returns {Promise<boolean>} false where it will be gone with the page
 */
export async function put(conversation) {
  const done = await inStore("readwrite", (store) => store.put(conversation));
  if (done !== undefined) return true;
  inMemory.set(conversation.id, conversation);
  return false;
}

/** @param {string} id */
export async function remove(id) {
  inMemory.delete(id);
  await inStore("readwrite", (store) => store.delete(id));
}
