import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { FAULTS, type Fault } from "../message/fault.ts";
import { answering, endWithFault, gatewayAnswer } from "./client-error.ts";
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

/** Limits of every server here. */
export const OPTIONS = {
  maxHeaderSize: HTTP_LIMITS.headerBytes,
  headersTimeout: HTTP_LIMITS.headersMs,
  requestTimeout: HTTP_LIMITS.requestMs,
  keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
  connectionsCheckingInterval: HTTP_LIMITS.checkMs,
  requireHostHeader: false, // asked for below, with an answer that clients can read
};

/** Connections of which nothing was heard yet. */
export type SilentSockets = Set<Duplex>;

/**
 * A server that hands on well-formed requests only. What Node refuses by itself reaches `clientError`.
 * @param silent is kept up to date. Node does not call these connections idle, so its close would wait for each of them,
 * and any client that opens one could hold up a stop for ever.
 */
export function createFrontDoor(
  handler: RequestListener,
  silent: SilentSockets,
  tls?: TlsOptions,
): Server {
  const listener: RequestListener = (request, response) => {
    silent.delete(request.socket);
    const fault =
      shapeFault(request) ??
      (request.url?.charCodeAt(0) === SLASH ? undefined : toOriginForm(request));
    if (request.headers.upgrade !== undefined) letBeLast(request, response);
    if (fault === undefined) handler(request, response);
    else endResponse(response, fault, request);
  };
  const server =
    tls === undefined
      ? createServer(OPTIONS, listener)
      : createSecureServer({ ...OPTIONS, ...tls }, listener);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Duplex) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.maxConnections = HTTP_LIMITS.connections;
  server.on("checkExpectation", (request, response) => endResponse(response, UNMET, request));
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    if (answering(socket)) socket.destroy();
    else endWithFault(socket, NO_PROXY, request.headers.host);
  });
  return server;
}

/**
 * Shapes that two readers could read in two ways: more than one Host, none, a body coded as nobody here decodes.
 * Node's own parser has refused the others: both lengths, two lengths, folded lines, bare line ends, odd characters.
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
 * Nobody here upgrades, so such a request is answered like any other. But Node's parser takes it for the end of HTTP and
 * drops what came in the same piece behind it: what comes then could begin in the middle of a request.
 */
export function letBeLast({ headers, socket }: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const hasBody =
    headers["transfer-encoding"] !== undefined || Number(headers["content-length"]) > 0;
  if (!hasBody) socket.pause();
}

/** Answers on a response and lets the connection end. @returns the answer's request id */
export function endResponse(
  response: ServerResponse,
  fault: Fault,
  { headers }: IncomingMessage,
): string {
  const answer = gatewayAnswer(fault, headers.host ?? "");
  response.writeHead(fault.status, answer.headers).end(answer.body);
  return answer.requestId;
}

/** `GET http://host/path` is `GET /path` if the host is the one in the header: routes and signatures know paths only. */
function toOriginForm(request: IncomingMessage): Fault | undefined {
  const { url = "/", headers } = request;
  const [, authority, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined) return undefined; // `*`, which no route has
  const host = headers.host ?? authority;
  if (host.toLowerCase() !== authority.toLowerCase()) return FAULTS.malformedRequest;
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  return undefined;
}
