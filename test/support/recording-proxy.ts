import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One call as it went over the wire. */
export interface Recorded {
  /** From `x-acs-action`; "" if the client did not send it. */
  readonly action: string;
  readonly version: string;
  readonly userAgent: string;
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly status: number;
  readonly body: string;
}

/**
 * Stands between a client and the server, passes every byte on and writes down what was asked and answered. `Host`
 * stays the client's, so signatures hold.
 */
export class RecordingProxy {
  readonly calls: Recorded[] = [];
  readonly #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  readonly #to: string;

  constructor(to: string) {
    this.#to = to;
  }

  /** @returns host:port */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const [host = "", port = ""] = this.#to.split(":");
    const { method = "", url: path = "", rawHeaders: headers } = incoming;
    const passed = request({ host, port, method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const body = Buffer.concat(chunks);
        this.calls.push({ ...asked(incoming), status: answer.statusCode ?? 0, body: `${body}` });
        outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders).end(body);
      });
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  }
}

function asked({ headers, method = "", url: target = "" }: IncomingMessage) {
  const text = (name: string) => String(headers[name] ?? "");
  const [action, version] = [text("x-acs-action"), text("x-acs-version")];
  return { action, version, userAgent: text("user-agent"), method, target };
}
