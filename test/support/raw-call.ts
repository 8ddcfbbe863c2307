import { connect, type Socket } from "node:net";

/** A connection to this machine on which bytes were sent as they are, and whose answers are collected. */
export interface RawCall {
  readonly socket: Socket;
  /** Everything that the server has said so far. */
  said(): string;
  /** Resolves once the server has said something that fits. */
  hears(what: RegExp): Promise<string>;
  close(): void;
}

export function rawCall(port: number, bytes: string): RawCall {
  const socket = connect({ port, host: "127.0.0.1" });
  let said = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    said += text;
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  const hears = (what: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (what.test(said)) resolve(said);
      };
      socket.on("data", look);
      socket.once("close", () => reject(new Error(`closed after: ${said}`)));
      look();
    });
  return { socket, hears, said: () => said, close: () => socket.destroy() };
}
