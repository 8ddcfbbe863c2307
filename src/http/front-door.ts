import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import type { BudgetMeter } from "../budget-meter.ts";
import { FAULTS, type Fault } from "../message/fault.ts";
import type { Admission } from "./admission.ts";
import type { BodyReader } from "./bodies/body-reader.ts";
import { answering, endWithFault, gatewayAnswer, isTurnedAway } from "./client-error.ts";
import type { Connections } from "./connections/connections.ts";
import { Pipelined } from "./connections/pipelined.ts";
import { hasBody } from "./exchange.ts";
import { HTTP_LIMITS } from "./limits.ts";
import type { TlsOptions } from "./tls/tls.ts";

const SLASH = 47;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;

const NO_PROXY: Fault = {
  ...FAULTS.unsupportedMethod,
  message:
    "This http method is not supported. The forward proxy, if the server has one, listens on a port of its own (--proxy-port).",
};
const UNMET: Fault = {
  status: 417,
  code: "InvalidParameter.Expect",
  message: "Only Expect: 100-continue is understood.",
};

/** The limits of every HTTP server of this program. */
export const OPTIONS = {
  maxHeaderSize: HTTP_LIMITS.headerBytes,
  headersTimeout: HTTP_LIMITS.headersMs,
  requestTimeout: HTTP_LIMITS.requestMs,
  keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
  connectionsCheckingInterval: HTTP_LIMITS.checkMs,
  requireHostHeader: false, // `shapeFault` requires it, with an answer that clients can read
};

export interface FrontDoorParts {
  /** Serves TLS if given, and plain HTTP if not. */
  readonly tls?: TlsOptions | undefined;
  readonly bodies?: BodyReader;
  readonly admission?: Admission | undefined;
  /** Has the bounds of heads and connections. */
  readonly meter?: BudgetMeter;
}

/**
 * Makes a server that passes well-formed requests only. What Node itself refuses goes to the event `clientError`.
 * @param connections is kept up to date, so that no client can delay a stop.
 */
export function createFrontDoor(
  handler: RequestListener,
  connections: Connections,
  { tls, bodies, admission, meter }: FrontDoorParts = {},
): Server {
  const pipelined = new Pipelined();
  const listener: RequestListener = (request, response) => {
    connections.begun(request.socket, response);
    pipelined.begun(request.socket);
    if (admission !== undefined && isTurnedAway(request.socket)) return; // its answer is on the way
    const fault =
      shapeFault(request) ??
      (request.url?.charCodeAt(0) === SLASH ? undefined : toOriginForm(request));
    if (request.headers.upgrade !== undefined) letBeLast(request, response);
    if (fault === undefined) handler(request, response);
    else endResponse(response, fault, request);
  };
  const { headerBytes, connections: most } = meter?.budgets ?? HTTP_LIMITS;
  const options = { ...OPTIONS, maxHeaderSize: headerBytes };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createSecureServer({ ...options, ...tls }, listener);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Duplex) => {
    const full = admission?.connected(socket);
    if (full !== undefined) {
      endWithFault(socket, full);
      return;
    }
    connections.opened(socket);
  });
  if (tls !== undefined) server.on("connection", (socket: Duplex) => connections.accepted(socket));
  connections.belongTo(server);
  server.maxConnections = most;
  if (meter !== undefined) count(server, connections, meter);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (bodies !== undefined && hasBody(request)) bodies.waitsForContinue(request, response);
    else response.writeContinue();
    listener(request, response);
  });
  server.on("checkExpectation", (request, response) => endResponse(response, UNMET, request));
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    if (answering(socket)) socket.destroy();
    else endWithFault(socket, NO_PROXY, request.headers.host);
  });
  return server;
}

/** Counts what goes beyond the bounds of heads and connections. */
function count(server: Server, connections: Connections, meter: BudgetMeter): void {
  meter.uses("connections", () => connections.size);
  server.on("drop", () => meter.reached("connections"));
  server.on("clientError", ({ code }: NodeJS.ErrnoException) => {
    if (code === "HPE_HEADER_OVERFLOW") meter.reached("headerBytes");
  });
}

/**
 * Refuses requests that two programs could read in two ways: with no Host or several, or with a transfer coding that
 * is not decoded here. Node's own parser refuses the others: both kinds of length, two lengths, folded lines, bare line
 * ends, odd characters.
 */
export function shapeFault(request: IncomingMessage): Fault | undefined {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = request;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  const coding = request.headers["transfer-encoding"];
  const isFine =
    httpVersionMajor === 1 &&
    (hosts === 1 || (hosts === 0 && httpVersionMinor === 0)) &&
    (coding === undefined || (coding.toLowerCase() === "chunked" && httpVersionMinor === 1));
  return isFine ? undefined : FAULTS.malformedRequest;
}

/**
 * Makes a request with `Upgrade` the last of its connection. This server never upgrades and answers such a request like
 * any other. But Node's parser takes it for the end of HTTP and drops what arrived behind it in the same packet, so the
 * next bytes could begin in the middle of a request.
 */
export function letBeLast({ headers, socket }: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const hasBody =
    headers["transfer-encoding"] !== undefined || Number(headers["content-length"]) > 0;
  if (!hasBody) socket.pause();
}

/** Sends the fault in the gateway's shape and lets the connection end. @returns the answer's request id */
export function endResponse(
  response: ServerResponse,
  fault: Fault,
  { headers }: IncomingMessage,
): string {
  const answer = gatewayAnswer(fault, headers.host ?? "");
  response.writeHead(fault.status, answer.headers).end(answer.body);
  return answer.requestId;
}

/**
 * Makes `GET /path` of `GET http://host/path`, if the Host header names the same host: routes and signatures know paths
 * only.
 */
function toOriginForm(request: IncomingMessage): Fault | undefined {
  const { url = "/", headers } = request;
  const [, authority, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined) return undefined; // `*`, which no route has
  const host = headers.host ?? authority;
  if (host.toLowerCase() !== authority.toLowerCase()) return FAULTS.malformedRequest;
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  return undefined;
}
