/** What goes back over the wire. `http/` adds the request id header and the length. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Absent: `body` is text. `latin1`: `body` is encoded as UTF-8 already, with one character for each byte. */
  readonly encoding?: "latin1";
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes the body bit by bit after the head was sent; `body` is not used then. */
  readonly stream?: (sink: StreamSink) => void;
  /** The parts of a body of any length, each made when the client has taken those before; `body` is not used then. */
  readonly parts?: AsyncIterable<string>;
}

/** Where a streamed answer is written to. */
export interface StreamSink {
  /** False: the client reads more slowly than this is written; `onDrain` tells when it has caught up. */
  write(bytes: Uint8Array): boolean;
  onDrain(listener: () => void): void;
  /** Called once, whichever side ended the stream. */
  onClose(listener: () => void): void;
  end(): void;
  /** Closes the connection at once, even if the client has not read everything. */
  cut(): void;
}

/** How a call ended, known before its answer goes out. */
export interface CallOutcome {
  readonly status: number;
  /**
   * Present if it was not done: the error's code and, if the call was turned away before it began, the reason in our
   * words for the audit and the metrics.
   */
  readonly problem?: { readonly code: string; readonly reason?: string } | undefined;
}

/** The body as text, whatever its encoding. */
export function bodyText({ body, encoding }: Answer): string {
  return encoding === undefined ? body : Buffer.from(body, encoding).toString("utf8");
}

export const JSON_TYPE = "application/json;charset=utf-8";
/** Clients parse XML errors only with exactly this type (CONTRACT.md §2.4). */
export const XML_TYPE = "text/xml;charset=utf-8";
