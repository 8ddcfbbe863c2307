import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { record } from "../../test/contracts/access-store-contract.ts";
import { silent } from "../../test/support/engine-bench.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { fc } from "../../test/support/properties.ts";
import { AuditKeys, auditKeyOf, newAuditKey, signedHead } from "../access/audit/audit-heads.ts";
import { AuditShipper, type AuditSink } from "../access/audit/audit-shipper.ts";
import { type AuditLine, checkLines } from "../access/audit/check-audit.ts";
import type { AccessStore } from "../store/access-store.ts";
import { openSqliteAccessStore } from "../store/sqlite/access/open-access.ts";
import { FileSink, UrlSink } from "./audit-sinks.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-shipping-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const key = auditKeyOf(newAuditKey());
const keys = new AuditKeys([key.publicKey]);

let files = 0;
const newFile = () => join(folder, `audit-${files++}.jsonl`);
const MARK = "audit-shipped:test";

async function shipperOn(store: AccessStore, clock: FakeClock, sink: AuditSink) {
  const position = (await store.load()).marks[MARK];
  return new AuditShipper({ store, clock, log: silent, sink, mark: MARK, position });
}

async function write(store: AccessStore, count: number): Promise<void> {
  await store.write({ audit: Array.from({ length: count }, () => record()) });
}

async function sign(store: AccessStore): Promise<void> {
  const end = await store.auditHead();
  if (end.seq > 0) await store.write({ heads: [signedHead(key, end, 7)] });
}

function linesOf(file: string): AuditLine[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as AuditLine);
}

const numbers = (lines: readonly AuditLine[]) =>
  lines.map((line) => ("head" in line ? `head ${line.head.seq}` : line.seq));

describe("the audit is shipped", () => {
  test("to a file of its own owner, every entry in order and every head after its entry, and goes on after a restart", async () => {
    const [store, clock, file] = [
      await openSqliteAccessStore(":memory:"),
      new FakeClock(),
      newFile(),
    ];
    await write(store, 3);
    const first = await shipperOn(store, clock, new FileSink(file));
    await first.close();
    await sign(store);
    const second = await shipperOn(store, clock, new FileSink(file));
    await second.close();
    await write(store, 2);
    const third = await shipperOn(store, clock, new FileSink(file));
    await third.close();
    assert.deepEqual(numbers(linesOf(file)), [1, 2, 3, "head 3", 4, 5]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(checkLines(linesOf(file), { keys, whole: true }), undefined);
    assert.equal(third.position, 5);
  });

  test("to a new file when the old one was renamed, and after half a line on a line of its own", async () => {
    const [store, clock, file] = [
      await openSqliteAccessStore(":memory:"),
      new FakeClock(),
      newFile(),
    ];
    const sink = new FileSink(file);
    await sink.send(["{}"]);
    renameSync(file, `${file}.1`);
    await sink.send(["[1]"]);
    assert.deepEqual(linesOf(`${file}.1`), [{}]);
    assert.deepEqual(linesOf(file), [[1]]);
    await sink.close();
    appendFileSync(file, '{"half');
    await write(store, 1);
    await (await shipperOn(store, clock, new FileSink(file))).close();
    const lines = readFileSync(file, "utf8").split("\n");
    assert.deepEqual([lines[1], lines.length], ['{"half', 4]);
  });

  test("not through a link", async () => {
    const file = newFile();
    symlinkSync(join(folder, "elsewhere"), file);
    await assert.rejects(new FileSink(file).send(["{}"]));
  });

  test("to an address with its token, again until it is taken, one batch after the other", async () => {
    const got: string[] = [];
    const answers = [500, 302, 200, 503, 204];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const status = answers.shift() ?? 200;
        if (status < 300) got.push(Buffer.concat(chunks).toString("utf8"));
        assert.equal(request.headers.authorization, "Bearer t0ken");
        assert.equal(request.headers["content-type"], "application/x-ndjson");
        response.writeHead(status, { location: "/elsewhere" }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const store = await openSqliteAccessStore(":memory:");
    const sink = new UrlSink(`http://127.0.0.1:${port}/audit?key=hidden`, "t0ken");
    assert.equal(sink.name, `http://127.0.0.1:${port}/audit`);
    for (let i = 0; i < 3; i++) await write(store, 100);
    for (let i = 0; i < 6; i++) {
      await (await shipperOn(store, new FakeClock(), sink)).close();
    }
    server.close();
    const lines = got.flatMap((text) => text.split("\n").filter(Boolean));
    const seen = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
    assert.deepEqual(
      seen,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
  });

  test("after a failure again, later and later, without a call", async () => {
    const [store, clock] = [await openSqliteAccessStore(":memory:"), new FakeClock()];
    await write(store, 1);
    let attempts = 0;
    const sink: AuditSink = {
      name: "sink",
      send: async () => {
        if (++attempts < 4) throw new Error("not now");
      },
      close: async () => {},
    };
    const shipper = await shipperOn(store, clock, sink);
    for (const [ms, expected] of [
      [250, 1],
      [999, 1],
      [1, 2],
      [2_000, 3],
      [4_000, 4],
    ] as const) {
      await clock.advance(ms);
      assert.equal(attempts, expected, `after ${ms}`);
    }
    assert.equal(shipper.position, 1);
    assert.equal(clock.pending, 0);
    await shipper.close();
  });

  test("at least once and in order, whatever fails and whenever it is cut off", async () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 300 }) }),
      fc.constant("sign" as const),
      fc.constantFrom("ship" as const, "refused" as const, "lost" as const),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const [store, clock] = [await openSqliteAccessStore(":memory:"), new FakeClock()];
      const got: AuditLine[] = [];
      const ship = async (how: "ship" | "refused" | "lost") => {
        const sink: AuditSink = {
          name: "sink",
          send: async (lines) => {
            if (how === "refused") throw new Error("refused");
            got.push(...lines.map((line) => JSON.parse(line) as AuditLine));
            // It was taken, but that was not heard.
            if (how === "lost") throw new Error("lost");
          },
          close: async () => {},
        };
        await (await shipperOn(store, clock, sink)).close();
      };
      for (const one of steps) {
        if (typeof one === "object") await write(store, one.write);
        else if (one === "sign") await sign(store);
        else await ship(one);
      }
      await ship("ship");
      assert.equal(checkLines(got, { keys, whole: true }), undefined);
      const end = (await store.auditHead()).seq;
      const entries = new Set(numbers(got).filter((one) => typeof one === "number"));
      assert.equal(entries.size, end);
      const heads = new Set(numbers(got).filter((one) => typeof one === "string"));
      const signed = (await store.readHeads(0, 1_000)).filter(({ seq }) => seq > 0);
      assert.equal(heads.size, signed.length);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
