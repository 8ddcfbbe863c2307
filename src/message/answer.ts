/** What goes back over the wire. The request id header and the length are the shell's. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Absent: `body` is text. `latin1`: it is UTF-8 that is ready to be sent, one character a byte; see `bodyText`. */
  readonly encoding?: "latin1";
  readonly headers?: Readonly<Record<string, string>>;
  /** The body comes bit by bit, after the head: `body` is not used then. */
  readonly stream?: (sink: StreamSink) => void;
}

/** The client's side of an answer that goes on. */
export interface StreamSink {
  /** False: the client is behind; `onDrain` tells when it caught up. */
  write(bytes: Uint8Array): boolean;
  onDrain(listener: () => void): void;
  /** However it ends, once. */
  onClose(listener: () => void): void;
  end(): void;
  /** Hangs up, whatever was not read yet. */
  cut(): void;
}

export function bodyText({ body, encoding }: Answer): string {
  return encoding === undefined ? body : Buffer.from(body, encoding).toString("utf8");
}

export const JSON_TYPE = "application/json;charset=utf-8";
/** Clients parse XML errors only with exactly this type (CONTRACT.md §2.4). */
export const XML_TYPE = "text/xml;charset=utf-8";
