/**
 * Changes that the service makes while we wait: asked how far they are until they are over.
 *
 * @typedef {{name: string, reason: string}} Skipped
 * @typedef {{id: string, state: "waiting" | "running" | "done" | "failed", stage: string | null, done: number,
 *   total: number, added: string[], replaced: string[], removed: string[], unchanged: number, skipped: Skipped[],
 *   error: {message: string, hint: string} | null}} Job
 */

import { requestJson } from "./client.js";

const LOOKED_AFTER_MS = 400; // between two looks at a job

/**
 * @param {string} path
 * @param {RequestInit} request that asks for the change
 * @param {(job: Job) => void} [onProgress]
 * @returns {Promise<Job>} once it is over
 * @throws {import("./client.js").ServiceError} when it was not taken, or can't be followed
 */
export async function changed(path, request, onProgress = () => {}) {
  let job = await requestJson(path, request);
  while (job.state === "waiting" || job.state === "running") {
    onProgress(job);
    await new Promise((resolve) => setTimeout(resolve, LOOKED_AFTER_MS));
    job = await requestJson(`/v1/jobs/${encodeURIComponent(job.id)}`);
  }
  return job;
}
