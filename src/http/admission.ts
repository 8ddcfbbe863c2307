import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ReasonedFault } from "../message/fault.ts";
import type { SharePort } from "./access-port.ts";
import type { Counting, Exchange } from "./exchange.ts";

/** Whose a connection or a body is: an address while nobody is known, then an account. */
interface Owned {
  readonly address: string;
  account: string | undefined;
  bytes: number;
}

/**
 * Counts connections, bodies and requests under way for whoever has them. Before it is known who calls, that is the
 * address; from then on the account.
 */
export class Admission implements Counting {
  readonly #shares: SharePort;
  readonly #connections = new WeakMap<Duplex, Owned>();
  readonly #bodies = new WeakMap<IncomingMessage, Owned>();

  constructor(shares: SharePort) {
    this.#shares = shares;
  }

  /** Counts a new connection until it closes; a fault: its address has too many, and it has to end. */
  connected(socket: Duplex): ReasonedFault | undefined {
    const address = addressOf(socket as Socket);
    const fault = this.#shares.takeUnproven(address, "connections", 1);
    if (fault !== undefined) return fault;
    const owned: Owned = { address, account: undefined, bytes: 0 };
    this.#connections.set(socket, owned);
    socket.once("close", () => {
      if (owned.account === undefined) this.#shares.giveUnproven(address, "connections", 1);
      else this.#shares.give(owned.account, "connections", 1);
    });
    return undefined;
  }

  /** Counts bytes of a body as they arrive; a fault: there is no room for more. */
  received(raw: IncomingMessage, bytes: number): ReasonedFault | undefined {
    let owned = this.#bodies.get(raw);
    if (owned === undefined) {
      owned = { address: addressOf(raw.socket), account: undefined, bytes: 0 };
      this.#bodies.set(raw, owned);
    }
    const fault = this.#shares.takeUnproven(owned.address, "bodyBytes", bytes);
    if (fault === undefined) owned.bytes += bytes;
    return fault;
  }

  /** The caller is known: the request, its body and its connection are the account's. A fault: there is no room for one of them. */
  join(exchange: Exchange, account: string): ReasonedFault | undefined {
    const fault = this.#shares.take(account, "requests", 1) ?? this.#joinMore(exchange, account);
    if (fault === undefined) exchange.joined = account;
    return fault;
  }

  /** The request has been answered, or will never be. */
  leave(exchange: Exchange): void {
    if (exchange.joined !== undefined) this.#shares.give(exchange.joined, "requests", 1);
    exchange.joined = undefined;
    if (exchange.body.length > 0) this.forget(exchange.raw);
  }

  /** The body is not kept any longer. */
  forget(raw: IncomingMessage): void {
    const owned = this.#bodies.get(raw);
    if (owned === undefined) return;
    if (owned.account === undefined) {
      this.#shares.giveUnproven(owned.address, "bodyBytes", owned.bytes);
    } else this.#shares.give(owned.account, "bodyBytes", owned.bytes);
    this.#bodies.delete(raw);
  }

  /** Takes nothing, or everything. */
  #joinMore(exchange: Exchange, account: string): ReasonedFault | undefined {
    const fault =
      this.#moveConnection(exchange, account) ??
      (exchange.body.length > 0 ? this.#moveBody(exchange.raw, account) : undefined);
    if (fault !== undefined) this.#shares.give(account, "requests", 1);
    return fault;
  }

  /** A connection belongs to whom it first served: a load balancer's serves many. */
  #moveConnection({ raw, response }: Exchange, account: string): ReasonedFault | undefined {
    const owned = this.#connections.get(raw.socket);
    if (owned === undefined || owned.account !== undefined) return undefined;
    const fault = this.#shares.take(account, "connections", 1);
    if (fault !== undefined) {
      response.shouldKeepAlive = false;
      return fault;
    }
    this.#shares.giveUnproven(owned.address, "connections", 1);
    owned.account = account;
    return undefined;
  }

  #moveBody(raw: IncomingMessage, account: string): ReasonedFault | undefined {
    const owned = this.#bodies.get(raw);
    if (owned === undefined || owned.account !== undefined) return undefined;
    const fault = this.#shares.take(account, "bodyBytes", owned.bytes);
    if (fault !== undefined) return fault;
    this.#shares.giveUnproven(owned.address, "bodyBytes", owned.bytes);
    owned.account = account;
    return undefined;
  }
}

function addressOf(socket: Socket | undefined): string {
  return socket?.remoteAddress ?? "";
}
