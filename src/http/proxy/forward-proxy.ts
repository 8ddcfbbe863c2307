import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import type { Log } from "../../log.ts";
import type { Fault } from "../../message/fault.ts";
import { answerClientError, answering, endWithFault } from "../client-error.ts";
import { Connections } from "../connections/connections.ts";
import { endResponse, letBeLast, OPTIONS, shapeFault } from "../front-door.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { boundHandshakes, type TlsOptions } from "../tls/tls.ts";
import type { ServedNames } from "../tls/tls-names.ts";
import { absoluteTarget, connectTarget, type ProxyTarget } from "./proxy-target.ts";

export interface ForwardProxyDeps {
  /** The server that answers every request; it listens already. */
  readonly app: FastifyInstance;
  readonly names: ServedNames;
  /** Has certificates for the products' host names. */
  readonly tls: TlsOptions;
  readonly log: Log;
  /** Called for every host that was refused. */
  readonly refused: HostRefused;
}

export type HostRefused = (refusal: {
  /** The address of the client. */
  readonly source: string;
  /** host:port, as the client asked for it. */
  readonly target: string;
  readonly requestId: string;
  readonly status: number;
  readonly code: string;
}) => void;

const MALFORMED: Fault = {
  status: 400,
  code: "InvalidRequest",
  message:
    "This is a forward proxy: give CONNECT host:443, or http://host/path with the same host in the Host header.",
};

const HOST_REFUSED = "Forbidden.ProxyHost";
const TLS_PORT = 443;
const PLAIN_PORT = 80;

/**
 * Accepts what clients would send to the cloud and answers it here: this process is the other end of every tunnel. It
 * never sends anything on, so a host that is no product's is refused.
 */
export class ForwardProxy {
  readonly #deps: ForwardProxyDeps;
  readonly #server: Server;
  readonly #tls: TlsServer;
  readonly #connections = new Connections();
  readonly #tunnels = new Set<Socket>();

  constructor(deps: ForwardProxyDeps) {
    this.#deps = deps;
    this.#server = createServer(OPTIONS, (request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => this.#connections.opened(socket));
    this.#server.maxConnections = HTTP_LIMITS.connections;
    this.#server.on("clientError", (error, socket) => answerClientError(error, socket as Socket));
    this.#server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#connect(request, socket as Socket, head),
    );
    this.#tls = createTlsServer({ ...deps.tls }, (socket) => this.#handOver(socket));
    this.#tls.on("tlsClientError", (_error, socket) => socket.destroy());
    boundHandshakes(this.#tls);
  }

  /** The server of the handshakes inside the tunnels. */
  get tls(): TlsServer {
    return this.#tls;
  }

  /** @returns the address it listens on, as clients want it in HTTPS_PROXY. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, resolve);
    });
    const { address, family, port: bound } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  }

  /** Lets requests under way be answered, then closes every connection. To be called while the app closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // What came through tunnels is the app's, which ends it; what is left then never became a connection of the app.
    const { server } = this.#deps.app;
    await Promise.all([
      this.#connections.close(this.#server),
      Connections.of(server)?.close(server),
    ]);
    for (const tunnel of this.#tunnels) tunnel.destroy();
    await closed;
  }

  #connect(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#connections.left(socket);
    this.#tunnels.add(socket);
    socket.on("close", () => this.#tunnels.delete(socket));
    socket.on("error", () => socket.destroy());
    if (answering(socket)) {
      socket.destroy(); // the answer that is still to come would be written into the tunnel
      return;
    }
    const target = connectTarget(request.url ?? "");
    const fault = this.#refusalOf(target, TLS_PORT, PLAIN_PORT);
    if (fault !== undefined) {
      this.#report(socket, target, fault, endWithFault(socket, fault, target?.host));
      return;
    }
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    if (target?.port === TLS_PORT) this.#tls.emit("connection", socket);
    else this.#handOver(socket);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#connections.begun(request.socket, response);
    const target = absoluteTarget(request.url ?? "", request.headers.host);
    const fault = shapeFault(request) ?? this.#refusalOf(target, PLAIN_PORT);
    if (fault !== undefined) {
      this.#report(request.socket, target, fault, endResponse(response, fault, request));
      return;
    }
    if (request.headers.upgrade !== undefined) letBeLast(request, response);
    request.url = target?.path ?? "/";
    this.#deps.app.routing(request, response);
  }

  #refusalOf(target: ProxyTarget | undefined, ...ports: readonly number[]): Fault | undefined {
    if (target === undefined) return MALFORMED;
    const { host, port } = target;
    const isServed = this.#deps.names.isProduct(host) && ports.includes(port);
    return isServed ? undefined : notServed(target, this.#deps.names);
  }

  #report(
    { remoteAddress: source = "" }: Socket,
    target: ProxyTarget | undefined,
    { status, code }: Fault,
    requestId: string,
  ): void {
    if (target === undefined || code !== HOST_REFUSED) return;
    const { host, port } = target;
    this.#deps.log.debug({ host, port }, "the forward proxy refused a host");
    this.#deps.refused({ source, target: `${host}:${port}`, requestId, status, code });
  }

  /** Makes it a connection of the app like any other, with the app's limits. */
  #handOver(socket: Socket): void {
    const { server } = this.#deps.app;
    server.emit(server instanceof HttpsServer ? "secureConnection" : "connection", socket);
  }
}

function notServed({ host, port }: ProxyTarget, { products }: ServedNames): Fault {
  return {
    status: 403,
    code: HOST_REFUSED,
    message: `This proxy answers for the task services under aliyuncs.com only (${products.join(", ")}; ports 443 and 80) and sends nothing on, but was asked for ${host}:${port}. Keep HTTPS_PROXY to the programs that need it, or name other hosts in NO_PROXY.`,
  };
}
