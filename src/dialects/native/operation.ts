import type { TSchema } from "typebox";

/** One operation of our own API, as documentation and router see it. */
export interface NativeOperation {
  readonly action: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly status: number;
  readonly query?: Readonly<Record<string, TSchema>>;
  /** Parameters in `query` that must be there. */
  readonly required?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TSchema;
  readonly bodyRequired?: boolean;
  /** The bound of its body, if it takes more than other operations. */
  readonly bodyBudget?: "importBytes";
  /** Absent: the answer has no body. */
  readonly answer?: TSchema;
  /** What comes instead with 200, one of them, and when. */
  readonly otherwise?: { readonly answers: readonly TSchema[]; readonly when: string };
  /** When there is nothing to answer: 204. */
  readonly nothing?: string;
  /** The answer is a stream of Server-Sent Events, each with `answer` as its data. */
  readonly stream?: boolean;
}
