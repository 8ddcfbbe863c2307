// Changes to the bytes of a request on their way, and bytes that are no request.
import { fc } from "../support/properties.ts";

/** A change to the bytes of a request after it was signed. */
export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly to: number }
  | { readonly kind: "cut"; readonly at: number; readonly length: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array };

const TOKENS = [
  "\r\n",
  "\r\n\r\n",
  ":",
  " ",
  "\u0000",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: x\r\n",
  "Connection: upgrade\r\nUpgrade: h2c\r\n",
  "Expect: 100-continue\r\n",
  "%",
  "&",
  "=",
  "HTTP/1.1",
  "\ud800",
];
const position = fc.double({ min: 0, max: 1, noNaN: true });

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("flip" as const), at: position, to: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at: position, length: fc.nat(60) }),
    fc.record({ kind: fc.constant("repeat" as const), at: position, length: fc.nat(200) }),
    fc.record({
      kind: fc.constant("insert" as const),
      at: position,
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
      ),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);

export function mutate(bytes: Buffer, all: readonly Mutation[]): Buffer {
  return all.reduce((before: Buffer, mutation) => {
    const at = Math.floor(mutation.at * before.length);
    const [head, tail] = [before.subarray(0, at), before.subarray(at)];
    switch (mutation.kind) {
      case "flip":
        return Buffer.concat([head, Buffer.from([mutation.to]), tail.subarray(1)]);
      case "cut":
        return Buffer.concat([head, tail.subarray(mutation.length)]);
      case "repeat":
        return Buffer.concat([head, tail.subarray(0, mutation.length), tail]);
      case "insert":
        return Buffer.concat([head, mutation.bytes, tail]);
      default:
        return mutation;
    }
  }, bytes);
}

export const rubbish: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...TOKENS,
          "GET ",
          "POST ",
          "/tasks/T-1",
          "/",
          "x-acs-version: 2015-12-15\r\n",
        ),
        fc.string({ maxLength: 10 }),
      ),
      { minLength: 1, maxLength: 20 },
    )
    .map((parts) => Buffer.from(parts.join(""), "utf8")),
);
