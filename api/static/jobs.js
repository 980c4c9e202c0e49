/**
 * Changes that the service makes while we wait: asked how far they are until they are over.
 *
 * @typedef {{name: string, reason: string}} Skipped
 * @typedef {{id: string, state: "waiting" | "running" | "done" | "failed", stage: string | null, done: number,
 *   total: number, added: string[], replaced: string[], removed: string[], unchanged: number, skipped: Skipped[],
 *   error: {message: string, hint: string} | null}} Job
 */

import { requestJson, ServiceError } from "./client.js";

const LOOKED_AFTER_MS = 400; // between the first two looks at a job
const LOOKED_AT_LAST_MS = 3000; // a service counts the requests of a minute
const SLOWER = 1.3;
const FAILED_LOOKS = 20; // in a row: about a minute

/**
 * @param {string} path
 * @param {RequestInit} request that asks for the change
 * @param {(job: Job) => void} [onProgress]
 * @returns {Promise<Job>} once it is over
 * @throws {import("./client.js").ServiceError} when it was not taken, or can't be followed
 */
export async function changed(path, request, onProgress = () => {}) {
  let job = await requestJson(path, request);
  let pause = LOOKED_AFTER_MS;
  let failed = 0;
  while (job.state === "waiting" || job.state === "running") {
    onProgress(job);
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * SLOWER, LOOKED_AT_LAST_MS);
    try {
      job = await requestJson(`/v1/jobs/${encodeURIComponent(job.id)}`);
      failed = 0;
    } catch (error) {
      failed += 1;
      if (!isPassing(error) || failed === FAILED_LOOKS) throw error; // the job goes on meanwhile
    }
  }
  return job;
}

/**
 * @param {unknown} error
 * @returns {boolean} whether it may be over in a while: no connection, or too much asked
 */
function isPassing(error) {
  return error instanceof ServiceError && [0, 429, 502, 503, 504].includes(error.status);
}
