import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Spans, systemClock } from "../../clock.ts";
import { responseOn } from "../client-error.ts";
import { HTTP_LIMITS } from "../limits.ts";

const LOOK_MS = 50;

const known = new WeakMap<Server, Connections>();

/** The connections of one server, so that a stop waits for answers and for nothing else. */
export class Connections {
  readonly #spans: Spans;
  readonly #open = new Set<Duplex>();
  /** Those on which nothing has arrived yet. Node does not count them as idle and would wait for them. */
  readonly #silent = new Set<Duplex>();
  #isClosing = false;
  #closed: Promise<void> | undefined;

  constructor(spans: Spans = systemClock) {
    this.#spans = spans;
  }

  /** The ones of a server that was given some. */
  static of(server: Server): Connections | undefined {
    return known.get(server);
  }

  belongTo(server: Server): void {
    known.set(server, this);
    // Node takes a connection for idle when its answer is made, and would cut off what is not sent of it.
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {
      const sending = [...this.#open].filter(isSending);
      for (const socket of sending) socket.destroy = () => socket;
      closeIdle();
      for (const socket of sending) Reflect.deleteProperty(socket, "destroy");
    };
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** A connection was accepted; over TLS its handshake begins. */
  accepted(socket: Duplex): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
  }

  /** Requests may come on the connection. */
  opened(socket: Duplex): void {
    this.accepted(socket);
    this.#silent.add(socket);
    socket.once("close", () => this.#silent.delete(socket));
  }

  /** The connection is another server's from now on. */
  left(socket: Duplex): void {
    this.#open.delete(socket);
    this.#silent.delete(socket);
  }

  /** The head of a request is there. */
  begun(socket: Duplex, response: ServerResponse): void {
    this.#silent.delete(socket);
    if (this.#isClosing) letEnd(response);
  }

  /**
   * Ends all connections: idle ones at once, others after their answer. Who reads its answer slowly, or has sent a part of
   * a request, has a little time after the last answer; whose answer takes too long has `HTTP_LIMITS.closeMs` in all.
   */
  close(server: Server): Promise<void> {
    this.#closed ??= this.#closeAll(server);
    return this.#closed;
  }

  async #closeAll(server: Server): Promise<void> {
    const began = this.#spans.monotonic();
    let lastWork = began;
    this.#isClosing = true;
    for (const socket of this.#silent) socket.destroy();
    for (;;) {
      const now = this.#spans.monotonic();
      if (this.#letAllEnd()) lastWork = now;
      server.closeIdleConnections();
      if (this.#open.size === 0) return;
      const isLate = now - lastWork >= HTTP_LIMITS.lingerMs;
      if (isLate || now - began >= HTTP_LIMITS.closeMs) break;
      await new Promise<void>((resolve) => void this.#spans.after(LOOK_MS, resolve));
    }
    for (const socket of this.#open) socket.destroy();
    server.closeAllConnections();
  }

  /** Makes the answers that are still to come the last ones. @returns whether there is one. */
  #letAllEnd(): boolean {
    let isWorking = false;
    for (const socket of this.#open) {
      const response = responseOn(socket);
      if (response === undefined) continue;
      letEnd(response);
      if (response.req.complete && !response.writableEnded) isWorking = true;
    }
    return isWorking;
  }
}

/** The answer is made, and not all of it is sent. */
function isSending(socket: Duplex): boolean {
  const response = responseOn(socket);
  return response?.writableEnded === true && !response.writableFinished;
}

/** The answer says that its connection ends with it, and it does. */
function letEnd(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
