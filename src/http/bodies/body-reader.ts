import type { IncomingMessage, ServerResponse } from "node:http";
import type { BudgetMeter } from "../../budget-meter.ts";
import { FAULTS, type Fault, FaultError } from "../../message/fault.ts";
import type { Admission } from "../admission.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** Takes the body, or the reason why there is none. */
export type BodyTaker = (error: Error | null, body?: Buffer) => void;

export interface BodyReaderOptions {
  /** Counts what is read for whoever sends it; absent: nothing is limited but each single body. */
  readonly admission: Admission | undefined;
  /** Has the bounds of bodies. */
  readonly meter: BudgetMeter;
  /** The most that the operation takes that a request asks for, in bytes. Asked only about bodies that are not small. */
  readonly limitOf: (raw: IncomingMessage) => number;
}

/** Reads the bodies of requests, up to what their operations take and what their senders have room for. */
export class BodyReader {
  readonly #options: BodyReaderOptions;
  /** Clients that wait for `100 Continue` before they send their body. */
  readonly #waiting = new WeakMap<IncomingMessage, ServerResponse>();

  constructor(options: BodyReaderOptions) {
    this.#options = options;
  }

  /** The client sends its body only once it is told to. Until then its connection cannot be used for anything else. */
  waitsForContinue(raw: IncomingMessage, response: ServerResponse): void {
    this.#waiting.set(raw, response);
    response.shouldKeepAlive = false;
  }

  /** Hands the body over in one piece once it is complete. */
  read(raw: IncomingMessage, take: BodyTaker): void {
    const declared = raw.headers["content-length"];
    const length = declared === undefined ? undefined : Number(declared);
    const tooLarge = this.#limitFault(raw, length ?? 0);
    if (tooLarge !== undefined) take(new FaultError(tooLarge));
    else {
      this.#tellToContinue(raw);
      this.#collect(raw, length, take);
    }
  }

  #tellToContinue(raw: IncomingMessage): void {
    const response = this.#waiting.get(raw);
    if (response === undefined) return;
    response.shouldKeepAlive = true;
    response.writeContinue();
  }

  #collect(raw: IncomingMessage, length: number | undefined, take: BodyTaker): void {
    const { admission } = this.#options;
    const chunks: Buffer[] = [];
    let received = 0;
    const end = (error: Error | null, body?: Buffer) => {
      raw.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      if (error !== null) admission?.forget(raw);
      take(error, body);
    };
    const onData = (chunk: Buffer) => {
      const fault =
        this.#limitFault(raw, received + chunk.length) ?? admission?.received(raw, chunk.length);
      if (fault !== undefined) return end(new FaultError(fault));
      received += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = () => {
      if (length !== undefined && length !== received) {
        end(new FaultError(FAULTS.malformedRequest));
      } else end(null, Buffer.concat(chunks, received)); // a copy: a chunk is a view of a larger buffer
    };
    const onError = () => end(new FaultError(FAULTS.malformedRequest));
    const onClose = () => end(new FaultError(FAULTS.malformedRequest)); // the client left
    raw.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  }

  #limitFault(raw: IncomingMessage, bytes: number): Fault | undefined {
    const { meter, limitOf } = this.#options;
    const { readBodyBytes, bodyBytes } = meter.budgets;
    if (bytes <= readBodyBytes && bytes <= bodyBytes) return undefined;
    const limit = limitOf(raw);
    if (bytes <= limit) return undefined;
    if (bytes > bodyBytes && limit <= bodyBytes) {
      meter.reached("bodyBytes");
      return tooLarge(bodyBytes);
    }
    meter.reached(limit > bodyBytes ? "importBytes" : "readBodyBytes");
    return tooLarge(limit, " for this operation");
  }
}

function tooLarge(limit: number, what = ""): Fault {
  const [size, unit] = limit % MIB === 0 ? [limit / MIB, "MB"] : [Math.floor(limit / KIB), "KB"];
  const message = `The request body is too large${what}; give at most ${size} ${unit}.`;
  return { ...FAULTS.bodyTooLarge, message };
}
