/**
 * What the service at the other end can do. Its own description says so: a page
 * may be newer or older than the service, and not every service lets itself be changed.
 *
 * @typedef {{adds: boolean, removes: boolean, scopes: boolean, collections: boolean}} Offers
 */

import { requestJson, ServiceError } from "./client.js";

const NOTHING = { adds: false, removes: false, scopes: false, collections: false };

/** @returns {Promise<Offers>} */
export async function offers() {
  try {
    const { paths, components } = await requestJson("/openapi.json");
    const ofOne = Object.entries(paths).find(([path]) => /^\/v1\/articles\/\{\w+\}$/.test(path))?.[1];
    const asked = propertiesOf(paths["/v1/ask"]?.post, components);
    return {
      adds: "post" in (paths["/v1/articles"] ?? {}),
      removes: "delete" in (ofOne ?? {}),
      scopes: "articles" in asked,
      collections: "/v1/collections" in paths && "collection" in asked,
    };
  } catch (error) {
    if (error instanceof ServiceError) return NOTHING;
    throw error;
  }
}

/**
 * @param {any} operation
 * @param {any} components
 * @returns {object} the properties of the JSON body that an operation takes
 */
function propertiesOf(operation, components) {
  const schema = operation?.requestBody?.content?.["application/json"]?.schema;
  const name = schema?.$ref?.split("/").pop();
  return (name ? components?.schemas?.[name] : schema)?.properties ?? {};
}
