import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { DomainError, type DomainErrorCode } from "../../src/core/errors.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { stsDialect } from "../../src/dialects/sts/dialect.ts";
import { startTestServer } from "../support/test-server.ts";

/** One wire case of STS: what the access API answers, the request, and the complete answer, byte for byte. */
interface StsCase {
  readonly description: string;
  readonly source: string;
  /** What each action of the access API answers, or the error with which it refuses. */
  readonly access: Readonly<Record<string, JsonObject>>;
  readonly failure?: { code: DomainErrorCode; message: string; facts?: JsonObject };
  readonly query: Readonly<Record<string, string>>;
  /** The last call that the dialect must have made. */
  readonly called?: { readonly action: string; readonly parameters: JsonObject };
  readonly response: { readonly status: number; readonly text: string };
}

const REQUEST_ID = "6894B13B-6D71-4EF5-88FA-F32781734A7F";

async function check({ access, failure, query, called, response }: StsCase): Promise<void> {
  const calls: { readonly action: string; readonly parameters: JsonObject }[] = [];
  const dialect = stsDialect(async (action, parameters) => {
    calls.push({ action, parameters });
    const answer = access[action];
    if (answer !== undefined) return answer;
    throw new DomainError(
      failure?.code ?? "UnexpectedState",
      failure?.message ?? "",
      failure?.facts,
    );
  });
  const server = await startTestServer({ dialects: [dialect], newRequestId: () => REQUEST_ID });
  const parameters = new URLSearchParams({ Version: "2015-04-01", Format: "JSON", ...query });
  const headers = { host: "sts.aliyuncs.com" };
  const answer = await server.send({ method: "POST", path: `/?${parameters}`, headers });
  await server.close();
  assert.equal(answer.text, response.text);
  assert.equal(answer.status, response.status);
  if (called !== undefined) assert.deepEqual(calls.at(-1), called);
}

describe("golden: sts", () => {
  const folder = join(import.meta.dirname, "sts");
  for (const file of globSync("*.json", { cwd: folder }).sort()) {
    const golden: StsCase = JSON.parse(readFileSync(join(folder, file), "utf8"));
    it(`${basename(file, ".json")}: ${golden.description}`, () => check(golden));
  }
});
