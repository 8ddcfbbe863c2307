// Compares the cost of checking a signature with a plain version of the same check.
import type { AuthRequest } from "../../src/auth/request.ts";
import type { BenchCase, Effort } from "../case.ts";
import { built } from "../load/built.ts";
import { plainAcs3, plainRoaV1, plainRpcV1 } from "../plain-verification.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, withEnds } from "../report/report.ts";
import { pairedRatios, spread } from "../report/stats.ts";

export const verificationCase: BenchCase = {
  name: "verification",
  title: "Cost of checking a signature, µs",
  run,
};

const SECRET = "bench-secret-bench-secret-0030";
const KEY = "LTAI5tBenchKey000000";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const BATCH = 5_000;

interface Check {
  readonly name: string;
  readonly request: AuthRequest;
  readonly plain: (request: AuthRequest) => boolean;
  readonly goals?: { readonly ratio: Goal; readonly us: Goal };
}

async function run(effort: Effort): Promise<Findings> {
  const { authenticate } = await built("auth/authenticate.js");
  const { PreparedSecret } = await built("auth/credentials.js");
  const credential = {
    accessKeyId: KEY,
    accountId: "1000000000000001",
    principal: "acs:ram::1000000000000001:root",
    secret: new PreparedSecret(SECRET),
    enabled: true,
  };
  const lookup = (id: string) => (id === KEY ? credential : undefined);
  const rows: string[][] = [];
  for (const { name, request, plain, goals } of await checks()) {
    effort.tell(`verification: ${name}`);
    const ours = () => authenticate(request, lookup, NOW).ok;
    if (!ours()) throw new Error(`our own ${name} was refused`);
    if (!plain(request)) throw new Error(`the plain version refused ${name}`);
    const { a, b } = alternate(ours, () => plain(request), effort.quick ? 7 : 15);
    const ratio = spread(pairedRatios(a, b));
    const us = spread(a);
    rows.push([
      name,
      withEnds(us),
      ...goalCells(us.median, goals?.us),
      withEnds(spread(b)),
      withEnds(ratio),
      ...goalCells(ratio.median, goals?.ratio),
    ]);
  }
  return {
    tables: [
      { head: ["request", "ours", ...GOAL_HEAD, "plain", "ours ÷ plain", ...GOAL_HEAD], rows },
    ],
    notes: [
      "*plain*: createHash, createHmac, URLSearchParams and regular expressions, as one writes it first (bench/plain-verification.ts). Both check the same request, in turn, in one process.",
    ],
  };
}

/** Runs both in batches, one after the other. The first two batches are not measured. Times are in µs for each call. */
function alternate(
  first: () => boolean,
  second: () => boolean,
  rounds: number,
): { a: number[]; b: number[] } {
  const a: number[] = [];
  const b: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const [took, tookToo] =
      round % 2 === 0 ? [batch(first), batch(second)] : backwards(first, second);
    if (round < 0) continue;
    a.push(took);
    b.push(tookToo);
  }
  return { a, b };
}

function backwards(first: () => boolean, second: () => boolean): [number, number] {
  const later = batch(second);
  return [batch(first), later];
}

function batch(check: () => boolean): number {
  let passed = 0;
  const from = performance.now();
  for (let i = 0; i < BATCH; i++) if (check()) passed++;
  const us = ((performance.now() - from) * 1_000) / BATCH;
  if (passed !== BATCH) throw new Error("a request was refused");
  return us;
}

async function checks(): Promise<readonly Check[]> {
  const { signAcs3 } = await built("auth/sign.js");
  const { PreparedSecret } = await built("auth/credentials.js");
  const key = { accessKeyId: KEY, secret: new PreparedSecret(SECRET) };
  const acs3 = (method: string, target: string, body = ""): AuthRequest => ({
    method,
    target,
    body: Buffer.from(body),
    headers: signAcs3({
      method,
      url: `http://cs.cn-hangzhou.aliyuncs.com${target}`,
      headers: {
        "x-acs-action": "DescribeTaskInfo",
        "x-acs-version": "2015-12-15",
        ...(body && { "content-type": "application/json" }),
      },
      body,
      key,
      dateMs: NOW,
      nonce: "d4a1e0a5f2b94f0c9f6f4a1d7a3b5c6e",
    }),
  });
  const plain = (request: AuthRequest) => plainAcs3(request, SECRET, NOW);
  const query = "/?TaskId=i173528604512345678901&RegionId=cn-hangzhou&Verbose=true&Format=JSON";
  const kilobyte = JSON.stringify({ count: 3, text: "x".repeat(1_000) });
  return [
    {
      name: "ACS3, GET",
      request: acs3("GET", "/tasks/T-6955b900000358b05c80a469"),
      plain,
      goals: { ratio: GOALS.verificationRatio, us: GOALS.verificationUs },
    },
    { name: "ACS3, GET, 4 query parameters", request: acs3("GET", query), plain },
    { name: "ACS3, POST, 1 KB", request: acs3("POST", "/clusters/c1/nodes", kilobyte), plain },
    {
      name: "ROA v1, GET",
      request: roaV1(key.secret),
      plain: (request) => plainRoaV1(request, SECRET, NOW),
    },
    {
      name: "RPC v1, GET",
      request: rpcV1(key.secret),
      plain: (request) => plainRpcV1(request, SECRET, NOW),
    },
  ];
}

interface Signer {
  signRoaV1(text: string): string;
  signRpcV1(text: string): string;
}

const EMPTY = Buffer.alloc(0);

function roaV1(secret: Signer): AuthRequest {
  const target = "/tasks/T-6955b900000358b05c80a469";
  const headers: Record<string, string> = {
    accept: "application/json",
    date: new Date(NOW).toUTCString(),
    host: "cs.cn-hangzhou.aliyuncs.com",
    "x-acs-region-id": "cn-hangzhou",
    "x-acs-signature-method": "HMAC-SHA1",
    "x-acs-signature-nonce": "d4a1e0a5f2b94f0c9f6f4a1d7a3b5c6e",
    "x-acs-signature-version": "1.0",
    "x-acs-version": "2015-12-15",
  };
  const acs = Object.keys(headers).filter((name) => name.startsWith("x-acs-"));
  const text = [
    ...["GET", headers["accept"], "", "", headers["date"]],
    ...acs.map((name) => `${name}:${headers[name]}`),
    target,
  ].join("\n");
  headers["authorization"] = `acs ${KEY}:${secret.signRoaV1(text)}`;
  return { method: "GET", target, headers, body: EMPTY };
}

function rpcV1(secret: Signer): AuthRequest {
  const parameters: Record<string, string> = {
    AccessKeyId: KEY,
    Action: "DescribeTask",
    Format: "JSON",
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: "d4a1e0a5f2b94f0c9f6f4a1d7a3b5c6e",
    SignatureVersion: "1.0",
    TaskId: "i173528604512345678901",
    Timestamp: `${new Date(NOW).toISOString().slice(0, 19)}Z`,
    Version: "2022-12-15",
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const signature = secret.signRpcV1(`GET&%2F&${encodeURIComponent(query)}`);
  const target = `/?${query}&Signature=${encodeURIComponent(signature)}`;
  const headers = { host: "eflo-controller.cn-hangzhou.aliyuncs.com", accept: "application/json" };
  return { method: "GET", target, headers, body: EMPTY };
}
