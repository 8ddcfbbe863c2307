import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { KUBERNETES_VERSIONS } from "./ack/versions.ts";
import { describeWorld } from "./describe-world.ts";

const page = readFileSync(new URL("../../docs/world.md", import.meta.url), "utf8");

it("docs/world.md shows the world as it is", () => {
  const shown = /^```\n([\s\S]*?)\n```$/m.exec(page)?.[1]?.split("\n");
  assert.deepEqual(shown, describeWorld());
});

it("docs/world.md names the Kubernetes versions", () => {
  for (const version of KUBERNETES_VERSIONS) assert.ok(page.includes(version), version);
});
