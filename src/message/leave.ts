/** The client's end, for answers that wait: a socket is one. */
export interface Connection {
  readonly remoteAddress?: string | undefined;
  once(event: "close", listener: () => void): unknown;
}

/** Answers that wait on one connection. A client may pipeline; one connection shall not pile up memory without end. */
const MOST_WAITING = 16;

const waiting = new WeakMap<Connection, Set<() => void>>();

/**
 * Calls back if the connection closes. The returned function stops listening; undefined: so many wait on this
 * connection already that nobody else may.
 */
export function onLeave(connection: Connection, left: () => void): (() => void) | undefined {
  const others = waiting.get(connection) ?? listenTo(connection);
  if (others.size >= MOST_WAITING) return undefined;
  others.add(left);
  return () => others.delete(left);
}

/** One listener a connection, however many wait on it: Node warns of more than ten. */
function listenTo(connection: Connection): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(connection, all);
  connection.once("close", () => {
    for (const left of [...all]) left();
  });
  return all;
}
