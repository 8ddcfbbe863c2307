import { Agent, request } from "node:http";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";

export interface SigningKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface SignedRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SignedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Signs with ACS3 and sends over connections that are kept. */
export class SignedHttp {
  readonly #address: string;
  readonly #keys: SigningKeys;
  readonly #secret: PreparedSecret;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(address: string, keys: SigningKeys) {
    this.#address = address;
    this.#keys = keys;
    this.#secret = new PreparedSecret(keys.accessKeySecret);
  }

  send(asked: SignedRequest): Promise<SignedResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.#options(asked), (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(asked.body);
    });
  }

  /** Opens a stream and collects what comes; resolves once its head is there. */
  listen(path: string): Promise<{ text(): string; close(): void; readonly closed: Promise<void> }> {
    return new Promise((resolve, reject) => {
      let text = "";
      const outgoing = request(this.#options({ path }), (response) => {
        const closed = new Promise<void>((ended) => void response.on("close", ended));
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", () => undefined);
        resolve({ text: () => text, close: () => outgoing.destroy(), closed });
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #options({ method = "GET", path, headers = {}, body }: SignedRequest) {
    const { accessKeyId, securityToken } = this.#keys;
    const key = { accessKeyId, secret: this.#secret };
    const signed = signAcs3({
      method,
      url: `http://${this.#address}${path}`,
      headers,
      ...(body !== undefined && { body }),
      key: securityToken === undefined ? key : { ...key, securityToken },
      dateMs: Date.now(),
      nonce: crypto.randomUUID(),
    });
    const [host = "", port = ""] = this.#address.split(":");
    return { host, port, method, path, headers: signed, agent: this.#agent };
  }
}
