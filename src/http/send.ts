import { fault } from "../fault-points.ts";
import type { Answer } from "../message/answer.ts";
import type { Arrival } from "./arrival.ts";
import { sendStream } from "./sse.ts";

/** Puts an answer on the wire; the body goes as it is, whatever route it came from. */
export function send({ response, id }: Arrival, answer: Answer): void {
  const { status, type, body, encoding, headers } = answer;
  fault("before-answer");
  if (answer.stream !== undefined) {
    sendStream(response, answer, answer.stream, id);
    return;
  }
  const known = {
    "content-type": type,
    "content-length": encoding === undefined ? Buffer.byteLength(body) : body.length,
    "x-acs-request-id": id,
  };
  response.writeHead(status, headers === undefined ? known : { ...known, ...headers });
  response.end(body, encoding ?? "utf8");
  fault("after-answer");
}
