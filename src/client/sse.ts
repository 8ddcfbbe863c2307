/** One message of a stream of Server-Sent Events. A message without data only moves the position. */
export interface Message {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
  /** How long to wait before the next connection, if the server says so. */
  readonly retryMs: number | undefined;
}

/** The longest message that is read, in characters. */
const MAX_MESSAGE_LENGTH = 16 * 1024 * 1024;

/** A message has no end. It is none of a Taskscribe server, so a new connection would not help. */
export class EndlessMessage extends Error {
  override readonly name = "EndlessMessage";

  constructor() {
    super(`has a message of more than ${MAX_MESSAGE_LENGTH} characters`);
  }
}

/**
 * Reads Server-Sent Events. Comments are skipped, but `onBytes` is called for all data, also for comments.
 * An incomplete message at the end of a lost connection is dropped, as the standard says. @throws EndlessMessage
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<Message, void, void> {
  let lines: string[] = [];
  let length = 0;
  for await (const line of readLines(body, onBytes)) {
    length += line.length + 1;
    if (length > MAX_MESSAGE_LENGTH) throw new EndlessMessage();
    if (line.startsWith(":")) continue;
    if (line !== "") lines.push(line);
    else {
      const message = messageOf(lines);
      lines = [];
      length = 0;
      if (message !== undefined) yield message;
    }
  }
}

async function* readLines(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest: string[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const text = decoder.decode(value, { stream: true });
      length += text.length;
      rest.push(text);
      if (length > MAX_MESSAGE_LENGTH && !text.includes("\n")) throw new EndlessMessage();
      if (!text.includes("\n")) continue;
      const parts = rest.join("").split("\n");
      const last = parts.pop() ?? "";
      rest = [last];
      length = last.length;
      for (const part of parts) yield part.endsWith("\r") ? part.slice(0, -1) : part;
    }
  } finally {
    await reader.cancel().catch(() => {}); // the connection may be closed already
  }
}

function messageOf(lines: readonly string[]): Message | undefined {
  const fields = lines.map(fieldOf);
  if (fields.length === 0) return undefined;
  const last = (name: string) => fields.findLast(([field]) => field === name)?.[1];
  const data = fields.filter(([field]) => field === "data").map(([, value]) => value);
  const retry = last("retry");
  return {
    id: last("id"),
    event: last("event"),
    data: data.length === 0 ? undefined : data.join("\n"),
    retryMs: retry !== undefined && /^\d+$/.test(retry) ? Number(retry) : undefined,
  };
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}
