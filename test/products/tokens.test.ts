import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeTaskService } from "../support/fake-task-service.ts";
import { startTestServer } from "../support/test-server.ts";

const JSON_BODY = { "content-type": "application/json; charset=utf-8" };
const RESOURCE = "/api/v1/providers/aliyun/products/Redis/resources/Instance/r-1";

/** Each spelling of the parameter that makes a call idempotent, in an operation that has it. */
const CALLS = [
  { method: "PUT", path: "/api/v2/clusters/c-1", body: { client_token: "a" }, token: "a" },
  { method: "POST", path: "/clusters/c-1/inspectReports", body: { clientToken: "b" }, token: "b" },
  { method: "PUT", path: `${RESOURCE}?clientToken=c`, body: {}, token: "c" },
  { method: "DELETE", path: `${RESOURCE}?clientToken=d`, token: "d" },
  { method: "PUT", path: "/api/v2/clusters/c-1", body: { client_token: "" }, token: undefined },
  { method: "PUT", path: "/api/v2/clusters/c-1", body: {}, token: undefined },
] as const;

describe("an idempotency token", () => {
  for (const { token, ...call } of CALLS) {
    it(`of ${call.method} ${call.path} is handed to the engine: ${token}`, async () => {
      const service = new FakeTaskService();
      const server = await startTestServer({ service });
      const { method, path } = call;
      const body = "body" in call ? { body: JSON.stringify(call.body), headers: JSON_BODY } : {};
      await server.send({ method, path, ...body });
      await server.close();
      assert.deepEqual(
        service.calls.map((made) => made.token),
        [token],
      );
    });
  }
});
