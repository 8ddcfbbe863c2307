import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long a test waits for an answer that must come at once. */
const PATIENCE_MS = 10_000;

// Node drops an answer if the client closes its side first. So the last request of the client asks to close. It is read and
// answered only by a server that still reads.
const LAST_WORD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const LAST_ANSWER = '{"status":"ok"}';

/** Sends bytes as they are, and returns all answers until the server closes. */
export function exchange(port: number, bytes: string | Buffer): Promise<readonly RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const chunks: Buffer[] = [];
    socket.on("connect", () => {
      socket.write(bytes);
      socket.write(LAST_WORD);
    });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.setTimeout(PATIENCE_MS, () => {
      reject(new Error(`still open after ${PATIENCE_MS} ms: ${Buffer.concat(chunks)}`));
      socket.destroy();
    });
    // The server may also close with a reset. Answers before it count.
    socket.on("error", () => {});
    socket.on("close", () => {
      const answers = answersIn(Buffer.concat(chunks).toString("utf8"));
      resolve(answers.at(-1)?.body === LAST_ANSWER ? answers.slice(0, -1) : answers);
    });
  });
}

/** A connection that stays open. Resolves when it is connected. */
export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject).on("error", () => {});
      resolve(socket);
    });
  });
}

/** Divides text into answers by their Content-Length. Answers to HEAD are not supported. */
export function answersIn(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = Buffer.from(text, "utf8");
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = rest.subarray(0, end).toString("utf8").split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine) ?? [];
    if (end < 0 || status === undefined) throw new Error(`no answer: ${rest.toString("utf8")}`);
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers["content-length"] ?? 0);
    const body = rest.subarray(end + 4, end + 4 + length);
    if (body.length < length) throw new Error(`half an answer: ${rest.toString("utf8")}`);
    answers.push({ status: Number(status), headers, body: body.toString("utf8") });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}
