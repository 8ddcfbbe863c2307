import { connect } from "node:net";

const BOUND_MS = 15_000;
/** The server waits for the rest of a request that is not complete. Whoever has not answered by then will not. */
const QUIET_MS = 100;
const ANSWER = /HTTP\/1\.1 [2-5]\d\d [A-Z]/g;

/** The heads of answers in what a server wrote. */
export function answersIn(text: string): readonly string[] {
  return text.match(ANSWER) ?? [];
}

/** Sends requests over a connection, and what is left over a new one whenever the server ends it. @returns all answers */
export async function converse(address: string, requests: readonly Buffer[]): Promise<string> {
  let answers = "";
  for (let next = 0; next < requests.length; ) {
    const heard = await once(address, requests.slice(next));
    answers += heard;
    // The server ends a connection after a request that it cannot read: it was the last that was answered.
    next += Math.max(1, answersIn(heard).length);
  }
  return answers;
}

function once(address: string, requests: readonly Buffer[]): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve, reject) => {
    let heard = "";
    let count = 0;
    const socket = connect({ host, port: Number(port), allowHalfOpen: true }, () => {
      socket.write(Buffer.concat(requests));
    });
    const quiet = setTimeout(() => socket.end(), QUIET_MS);
    const late = setTimeout(() => {
      reject(new Error(`the server neither answered nor ended within ${BOUND_MS} ms`));
      socket.destroy();
    }, BOUND_MS);
    socket.setEncoding("latin1").on("data", (more: string) => {
      heard += more;
      count += answersIn(more).length;
      if (count >= requests.length) socket.end();
      else if (!socket.writableEnded) quiet.refresh();
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined); // a reset ends it, too
    socket.on("close", () => {
      clearTimeout(quiet);
      clearTimeout(late);
      resolve(heard);
    });
  });
}
