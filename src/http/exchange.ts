import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Dialect, Route } from "../dialects/dialect.ts";
import type { Caller } from "../engine/task-service.ts";
import { Call, type PathParameters } from "../message/call.ts";
import type { ReasonedFault } from "../message/fault.ts";
import type { Operation } from "../message/operation.ts";
import { isFromHere } from "./loopback.ts";
import type { Endpoint } from "./routing/endpoints.ts";
import { type CertifiedClient, certifiedClient } from "./tls/client-certificate.ts";

const NO_PARAMETERS: PathParameters = {};

/** Counts requests for their accounts. */
export interface Counting {
  join(exchange: Exchange, account: string): ReasonedFault | undefined;
  leave(exchange: Exchange): void;
}

/**
 * One request from the door to its answer: the call as it came, the operation that it was led to, who calls, and where
 * the answer goes. It is the same whether the request came through Fastify or past it.
 */
export class Exchange extends Call {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** By `performance.now()`, when the whole request was there. */
  readonly startedAt: number;
  /** The dialect in which the answer is written. */
  dialect: Dialect;
  /** Undefined: the call was led to no operation. */
  route: Route | undefined;
  operation: Operation;
  /** False: nothing in the request says that it is the dialect's; the dialect only words the refusal. */
  recognised: boolean;
  /** Known as soon as the caller is let in. */
  caller: Caller | undefined;
  /** Counts the request for its account; undefined: nothing is counted. */
  admission: Counting | undefined;
  /** The account that it is counted for. */
  joined: string | undefined;

  /** @param unrouted is what the exchange is led to until its operation is found. */
  constructor(
    raw: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    body: Uint8Array | undefined,
    unrouted: Endpoint,
  ) {
    super({
      action: "",
      method: raw.method ?? "GET",
      target: raw.url ?? "/",
      headers: raw.headers,
      path: NO_PARAMETERS,
      body,
      requestId,
      connection: raw.socket,
    });
    this.raw = raw;
    this.response = response;
    this.startedAt = performance.now();
    this.dialect = unrouted.dialect;
    this.route = undefined;
    this.operation = unrouted.operation;
    this.recognised = false;
    this.caller = undefined;
    this.admission = undefined;
    this.joined = undefined;
  }

  /** @param endpoint has no route if all that is known is whose call it is. */
  leadTo({ dialect, route, operation }: Endpoint, path = NO_PARAMETERS): void {
    this.dialect = dialect;
    this.route = route;
    this.operation = operation;
    this.action = operation.action;
    this.path = path;
    this.recognised = true;
  }

  /** Name, value, name, value …: unlike `headers` it shows headers that were sent twice. */
  get rawHeaders(): readonly string[] {
    return this.raw.rawHeaders;
  }

  /** The address that the request came from; empty if it is not known. */
  get source(): string {
    return this.raw.socket?.remoteAddress ?? "";
  }

  /** An answer that is kept back counts as a wait, no longer as a request that is worked on. */
  override onLeave(left: () => void): (() => void) | undefined {
    this.admission?.leave(this);
    return super.onLeave(left);
  }

  /** All that is left to do is to send the answer, which is kept back: nothing else is kept and counted any longer. */
  letGo(): void {
    this.held = true;
    this.admission?.leave(this);
    this.forgetBody();
  }

  /** It is known who calls: counts the request, its body and its connection for the account. A fault: there is no room. */
  join(account: string): ReasonedFault | undefined {
    return this.admission?.join(this, account);
  }

  /** Whether the request came over TLS. */
  get secure(): boolean {
    return "encrypted" in this.raw.socket;
  }

  /** Who the client proved to be by a certificate; undefined: nobody. */
  get clientCertificate(): CertifiedClient | undefined {
    return certifiedClient(this.raw.socket, Date.now());
  }

  /** Whether the request came from this machine. */
  get local(): boolean {
    return isFromHere(this.raw.socket);
  }
}

/** Takes the answer out of Fastify's hands. */
export function exchangeOf(
  { raw, id, body }: FastifyRequest,
  reply: FastifyReply,
  unrouted: Endpoint,
): Exchange {
  reply.hijack();
  return new Exchange(raw, reply.raw, id, body instanceof Uint8Array ? body : undefined, unrouted);
}

/** Whether a body belongs to the request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}
