// Tampered requests of three accounts: no fault of the server, no growth, and no answer with another account's things.
import { mutate, mutations, rubbish } from "../fuzz/mutations.ts";
import { anyCase, type Case } from "../fuzz/requests.ts";
import { signed } from "../fuzz/signers.ts";
import { fc, SEED } from "../support/properties.ts";
import { answersIn, converse } from "./conversation.ts";
import { resident } from "./shares.ts";
import type { Tenant, World } from "./world.ts";

export const FUZZ_REQUESTS = 100_000;
const PER_CONNECTION = 25;
const CONNECTIONS = 6;
/** Requests of each connection that are sent as they were signed, too: without them nobody could see what is let in. */
const HONEST = 4;
/** Page caches of the databases take up to 48 MB each. */
const GROWTH_MB = 150;
/** Answers of 501 and 503 are documented: an operation that is not simulated, a server that cannot write. */
const DOCUMENTED = new Set([501, 503]);

interface FuzzReport {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

export async function fuzz(
  world: World,
  requests: number,
  tell: (sent: number) => void = () => {},
): Promise<FuzzReport> {
  for (const { full, marker } of world.tenants) {
    const labels = { owner: marker };
    await full.submit({ type: "long", labels, input: { owner: marker }, concurrencyKey: marker });
  }
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  const warmAt = requests / 3;
  let sent = 0;
  let warm = 0;
  let told = 0;
  for (let round = 0; sent < requests && faults.length < 10; round++) {
    const [cases, last] = sample(SEED + round);
    const groups = Array.from({ length: CONNECTIONS }, (_, i) =>
      cases.slice(i * PER_CONNECTION, (i + 1) * PER_CONNECTION),
    );
    await Promise.all(
      groups.map(async (group, i) => {
        const tenant = world.tenants[i % world.tenants.length] as Tenant;
        const bytes = group.map((one) => bytesOf(one, tenant));
        const tampered = bytes.map((one, at) => mutate(one, last[at] ?? []));
        const honest = bytes.slice(0, HONEST);
        const answers = await converse(world.server.address, [...honest, ...tampered]);
        sent += tampered.length;
        faults.push(
          ...judged(answers, tenant, world, statuses).map(
            (fault) => `seed ${SEED + round}: ${fault}`,
          ),
        );
      }),
    );
    if (warm === 0 && sent > warmAt) warm = resident(world);
    if (sent - told >= 10_000) {
      told = sent;
      tell(sent);
    }
    if (world.server.child.exitCode !== null) faults.push("the server is gone");
  }
  const end = resident(world);
  if (end - warm > GROWTH_MB) faults.push(`grown from ${warm.toFixed(0)} to ${end.toFixed(0)} MB`);
  const byStatus = JSON.stringify(Object.fromEntries([...statuses].sort()));
  return {
    lines: [
      `${sent} tampered requests, and honest ones between them: ${byStatus}`,
      `${warm.toFixed(0)} MB warm, ${end.toFixed(0)} MB at the end`,
    ],
    faults,
  };
}

/** Counts the answers by status. @returns what is wrong with them */
function judged(
  answers: string,
  tenant: Tenant,
  { tenants }: World,
  statuses: Map<number, number>,
): string[] {
  const faults: string[] = [];
  for (const head of answersIn(answers)) {
    const code = Number(head.slice(9, 12));
    statuses.set(code, (statuses.get(code) ?? 0) + 1);
    if (code >= 500 && !DOCUMENTED.has(code)) faults.push(`an answer ${code}`);
  }
  for (const other of tenants) {
    const leak = other !== tenant && answers.includes(other.marker);
    if (leak) faults.push(`${tenant.account} read ${other.marker}`);
  }
  return faults;
}

function sample(seed: number) {
  const numRuns = CONNECTIONS * PER_CONNECTION;
  return [
    fc.sample(anyCase, { seed, numRuns }),
    fc.sample(
      fc.oneof(
        mutations,
        rubbish.map((bytes) => [{ kind: "insert" as const, at: 0.5, bytes }]),
      ),
      { seed, numRuns: PER_CONNECTION },
    ),
  ] as const;
}

function bytesOf({ plain, scheme, forged }: Case, { full }: Tenant): Buffer {
  const { accessKeyId: id, accessKeySecret: secret } = full.keys;
  const key = { id, secret: forged ? `${secret.slice(0, -1)}#` : secret };
  const { method, target, headers, body } = signed(plain, scheme, key);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines.join("")}content-length: ${length}\r\n\r\n${body}`,
  );
}
