import type { Server } from "node:http";
import { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";

/**
 * Connections that have not asked anything yet. Node does not call them idle, so its close would wait for each, and
 * whoever opens one could hold up a stop for ever.
 */
export class SilentSockets {
  readonly #silent = new Set<Duplex>();

  watch(server: Server): Server {
    const connected = server instanceof SecureServer ? "secureConnection" : "connection";
    server.on(connected, (socket: Duplex) => {
      this.#silent.add(socket);
      socket.once("close", () => this.#silent.delete(socket));
    });
    server.on("request", ({ socket }) => this.#silent.delete(socket));
    return server;
  }

  hangUp(): void {
    for (const socket of this.#silent) socket.destroy();
  }
}
