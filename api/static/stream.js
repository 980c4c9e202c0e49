/** Reading server-sent events from the body of a response. */

/**
 * @typedef {{event: string, data: string}} Sent
 */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<Sent>} each event as it arrives
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const pieces = (kept + value).replaceAll("\r\n", "\n").split("\n\n");
      kept = pieces.pop() ?? "";
      for (const piece of pieces) {
        const sent = parsed(piece);
        if (sent.data !== "") yield sent;
      }
    }
  } finally {
    void reader.cancel().catch(() => {}); // who stops listening no longer cares how it ended
  }
}

/**
 * @param {string} piece the lines of one event
 * @returns {Sent} with empty data for a comment that only keeps the line open
 */
function parsed(piece) {
  const sent = { event: "message", data: "" };
  for (const line of piece.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "event") sent.event = value;
    if (field === "data") sent.data += sent.data === "" ? value : `\n${value}`;
  }
  return sent;
}
