/** A client's connection, of which only its end matters here. A socket is one. */
export interface Connection {
  readonly remoteAddress?: string | undefined;
  once(event: "close", listener: () => void): unknown;
}

/**
 * The most answers that may wait on one connection: a client that pipelines requests must not use memory without limit.
 */
const MOST_WAITING = 16;

const waiting = new WeakMap<Connection, Set<() => void>>();

/**
 * Calls `left` if the connection closes. The returned function stops that. Undefined: so many answers wait on this
 * connection already that no other may.
 */
export function onLeave(connection: Connection, left: () => void): (() => void) | undefined {
  const others = waiting.get(connection) ?? listenTo(connection);
  if (others.size >= MOST_WAITING) return undefined;
  others.add(left);
  return () => others.delete(left);
}

/** Adds the one listener of a connection, however many answers wait on it: Node warns about more than ten listeners. */
function listenTo(connection: Connection): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(connection, all);
  connection.once("close", () => {
    for (const left of [...all]) left();
  });
  return all;
}
