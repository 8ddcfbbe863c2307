import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ackDialect } from "../../dialects/ack/routes.ts";
import { plainOperation } from "../../message/operation.ts";
import type { RoutedEndpoint } from "./endpoints.ts";
import { RouteTable } from "./route-table.ts";

const table = new RouteTable([
  route("List", "GET", "/things"),
  route("Import", "POST", "/things/import"),
  route("Show", "GET", "/things/{id}"),
  route("Change", "POST", "/things/{thingId}"),
  route("Part", "GET", "/things/{id}/parts/{part}"),
  route("Slashed", "GET", "/slashed/"),
  route("Rest", "GET", "/files/*"),
  route("FilesOf", "GET", "/files/of/{id}"),
]);

/** [method, target, action, path parameters] */
const CASES: readonly [string, string, string | undefined, Record<string, string>?][] = [
  ["GET", "/things", "List", {}],
  ["GET", "/things?x=/things/1", "List", {}],
  ["GET", "/things#1", "List", {}],
  ["POST", "/things/import", "Import", {}],
  ["GET", "/things/import", "Show", { id: "import" }],
  ["POST", "/things/1", "Change", { thingId: "1" }],
  ["GET", "/things/a%2Fb/parts/%E8%8A%82", "Part", { id: "a/b", part: "节" }],
  ["GET", "/%74hings", "List", {}],
  ["GET", "/things//parts/", "Part", { id: "", part: "" }],
  ["GET", "/slashed/", "Slashed", {}],
  ["GET", "/slashed", "Slashed", {}],
  ["GET", "/files/a/b%2Fc", "Rest", {}],
  ["GET", "/files/of/1", "FilesOf", { id: "1" }],
  ["GET", "/files/of/1/2", "Rest", {}],
  ["GET", "/files", undefined],
  ["PUT", "/things", undefined],
  ["GET", "/Things", undefined],
  ["GET", "/things/1/parts", undefined],
  ["GET", "/", undefined],
];

describe("where a path leads", () => {
  for (const [method, target, action, path] of CASES) {
    it(`${method} ${target}: ${action ?? "nowhere"}`, () => {
      const found: unknown[] = [];
      const leadTo = ({ route }: RoutedEndpoint, parameters: object) =>
        void found.push(route.action, parameters);
      assert.equal(table.lead({ method, target, leadTo }), action !== undefined);
      assert.deepEqual(found, action === undefined ? [] : [action, path]);
    });
  }
});

function route(action: string, method: string, path: string): RoutedEndpoint {
  const handle = () => ({ status: 200, type: "", body: "" });
  const operation = plainOperation("ack", action, ackDialect.policy);
  return {
    dialect: ackDialect,
    method,
    route: { action, methods: [method], path, handle },
    operation,
  };
}
