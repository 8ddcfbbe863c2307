import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeTaskService } from "../../test/support/fake-task-service.ts";
import { startTestServer, TEST_ACCOUNT, type TestRequest } from "../../test/support/test-server.ts";
import { type RequestLogMode, requestLog } from "./request-log.ts";

type Line = readonly [level: string, facts: Readonly<Record<string, unknown>>, message: string];

/** The lines that these requests get, `ms` left out. */
async function linesOf(
  mode: RequestLogMode,
  requests: readonly TestRequest[],
  random = () => 0.5,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const at = (level: string) => (facts: object, message: string) =>
    void lines.push([level, JSON.parse(JSON.stringify({ ...facts, ms: undefined })), message]);
  const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const startedBy = () => undefined;
  const answered = requestLog({
    mode,
    log,
    line: (facts) => log.info(facts, "request"),
    startedBy,
    random,
  });
  const service = new FakeTaskService();
  service.query = async () => {
    throw new TypeError("broken");
  };
  const newRequestId = () => "R".padEnd(36, "0");
  const server = await startTestServer({ service, answered, newRequestId });
  for (const request of requests) await server.send(request);
  await server.close();
  return lines;
}

const headers = { "x-acs-version": "2015-12-15" };
const missing: TestRequest = { path: "/tasks/T-unknown-task", headers };
const broken: TestRequest = { path: "/clusters/c1", headers };
const requestId = "R".padEnd(36, "0");

describe("one line a request", () => {
  it("says who asked what, about which task, and how it ended", async () => {
    const lines = await linesOf("all", [missing]);
    const facts = {
      requestId,
      taskId: "T-unknown-task",
      dialect: "ack",
      action: "DescribeTaskInfo",
    };
    const outcome = { account: TEST_ACCOUNT, status: 400, code: "TaskNotFound" };
    assert.deepEqual(lines, [["info", { ...facts, ...outcome }, "request"]]);
  });

  it("by default only where something failed here", async () => {
    const [[level, facts] = [], ...others] = await linesOf("problems", [missing, broken]);
    assert.deepEqual([level, facts?.["status"], others], ["warn", 500, []]);
  });

  it("for a share of them, and all that failed", async () => {
    assert.equal((await linesOf(0.4, [missing, broken])).length, 1);
    assert.equal((await linesOf(0.6, [missing, broken])).length, 2);
  });

  it("none when it is off", async () => {
    assert.deepEqual(await linesOf("off", [missing, broken]), []);
  });

  it("calls nobody's dialect nobody's, and writes nothing down that is no task id", async () => {
    const long = "x".repeat(200);
    const odd = { path: `/tasks/${encodeURIComponent('"}\n{"')}`, headers };
    const lines = await linesOf("all", [{ path: "/etc/passwd?AccessKeySecret=s3cret" }, odd]);
    const [stranger, strange] = lines.map(([, facts]) => facts);
    assert.deepEqual([stranger?.["dialect"], stranger?.["taskId"]], [undefined, undefined]);
    assert.equal(strange?.["taskId"], undefined);
    assert.ok(!JSON.stringify(lines).includes("s3cret"));
    const [[, facts] = []] = await linesOf("all", [{ path: `/tasks/${long}`, headers }]);
    assert.equal(facts?.["taskId"], undefined);
  });
});
