import { type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { everyoneAs } from "../../src/http/access-port.ts";
import { buildHttpServer, type HttpDeps } from "../../src/http/server.ts";
import { FakeTaskService } from "./fake-task-service.ts";
import { watchLoop } from "./loop-watch.ts";

export const TEST_ACCOUNT = "1234567890123456";

export interface TestRequest {
  readonly method?: string;
  /** Sent as it is: nothing is normalised or escaped. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface TestServer {
  readonly port: number;
  /** Messages logged as errors. */
  readonly errors: readonly unknown[];
  send(request: TestRequest): Promise<TestResponse>;
  close(): Promise<void>;
}

/** The real HTTP server on a free port. Everyone is TEST_ACCOUNT unless `access` says otherwise. */
export async function startTestServer(deps: Partial<HttpDeps> = {}): Promise<TestServer> {
  const errors: unknown[] = [];
  const ignore = () => {};
  const app = buildHttpServer({
    service: new FakeTaskService(),
    access: everyoneAs(TEST_ACCOUNT),
    log: { debug: ignore, info: ignore, warn: ignore, error: (facts) => errors.push(facts) },
    ...deps,
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const loop = watchLoop();
  const close = async () => {
    await app.close();
    loop.close();
  };
  return { port, errors, send: (sent) => sendTo(port, sent), close };
}

function sendTo(port: number, sent: TestRequest): Promise<TestResponse> {
  const { method = "GET", path, headers = {}, body } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers: sized(headers, body), agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Node sends the body of a DELETE without any length unless told. */
function sized(headers: Readonly<Record<string, string>>, body: string | Buffer | undefined) {
  if (body === undefined) return headers;
  return { "content-length": String(Buffer.byteLength(body)), ...headers };
}
