// Signed requests. Each has a nonce of its own, as those of official SDKs have, unless it is to be sent more than once.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { taskscribe } from "../offered.ts";
import { type Loaded, type Requests, requestsOf } from "./load.ts";
import { POLLED, QUESTIONS, raw } from "./questions.ts";
import { emptyDirectory } from "./scratch.ts";
import type { Seeded } from "./seed.ts";
import type { ProductName } from "./seed-tasks.ts";

export interface Key {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly secret: PreparedSecret;
}

/** More requests than one slice can send, because each nonce is valid for one request. */
export const REQUESTS_A_SECOND = 100_000;

/** Makes a copy of the seeded directory, because the keys are stored beside the tasks and all runs use the directory. */
export function copyForKeys(tasks: Seeded): string {
  const copy = emptyDirectory();
  mkdirSync(copy, { recursive: true });
  copyFileSync(join(tasks.directory, "taskscribe.db"), join(copy, "taskscribe.db"));
  return copy;
}

export function createKey(directory: string, account: string): Key {
  const args = ["key", "create", "--account", account, "--data", directory, "-o", "json"];
  const { accessKeyId, accessKeySecret } = JSON.parse(taskscribe(args)) as Record<string, string>;
  if (!accessKeyId || !accessKeySecret) throw new Error("taskscribe key create printed no key");
  return { accessKeyId, accessKeySecret, secret: new PreparedSecret(accessKeySecret) };
}

export function signedDescribes(
  server: Loaded,
  tasks: Seeded,
  product: ProductName,
  key: Key,
  count: number,
): Requests {
  const ids = tasks.ids(product).slice(-POLLED);
  const records = Array.from({ length: count }, (_, i) =>
    describeSigned(server, product, ids[i % ids.length] ?? "", key),
  );
  return requestsOf("\x01", records, "cycle", "signed");
}

/** The same without nonces, to be sent again and again: the server remembers nothing of them. */
export function repeatableDescribes(
  server: Loaded,
  tasks: Seeded,
  product: ProductName,
  key: Key,
): readonly string[] {
  const ids = tasks.ids(product).slice(-POLLED);
  return ids.map((id) => describeSigned(server, product, id, key, false));
}

export function describeSigned(
  server: Loaded,
  product: ProductName,
  id: string,
  key: Key,
  once = true,
): string {
  const { action, version, method, path } = QUESTIONS[product];
  const headers = { "x-acs-action": action, "x-acs-version": version };
  return signed(server, key, { method, target: path.replace("\x01", id), headers, once });
}

export interface Unsigned {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the request may be sent only once, as those of official SDKs. */
  readonly once?: boolean;
  /** Headers that are not signed. */
  readonly more?: readonly (readonly [string, string])[];
}

let nonces = 0;

export function signed(
  { url }: Loaded,
  key: Key,
  { method, target, headers, body = "", once = true, more = [] }: Unsigned,
): string {
  const all = signAcs3({
    method,
    url: url + target,
    headers,
    body,
    key,
    dateMs: Date.now(),
    ...(once && { nonce: `bench-${process.pid}-${nonces++}` }),
  });
  return raw(method, target, [...Object.entries(all), ...more], body);
}
