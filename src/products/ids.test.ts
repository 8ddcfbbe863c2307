import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeRandom, NOW } from "../../test/support/fake-step-context.ts";
import { fc } from "../../test/support/properties.ts";
import * as ack from "./ack/ids.ts";
import * as bdrc from "./bdrc/ids.ts";
import * as cloudcontrol from "./cloudcontrol/ids.ts";
import * as lingjun from "./lingjun/ids.ts";

const random = fakeRandom();

/** How each kind of task id looks: the grammars of the contract. */
const TASK_IDS = {
  ack: { make: ack.newTaskId, grammar: /^T-[0-9a-f]{24}$/, perMs: 100 },
  lingjun: { make: lingjun.newTaskId, grammar: /^i[0-9]{21}$/, perMs: 1 },
  bdrc: { make: bdrc.newTaskId, grammar: /^t-[0-9a-z]{20}$/, perMs: 100 },
  cloudcontrol: { make: cloudcontrol.newTaskId, grammar: /^task-[0-9a-f]{29}$/, perMs: 100 },
} as const;

const RESOURCE_IDS = {
  "ACK cluster": { make: () => ack.newClusterId(random), grammar: /^c[0-9a-f]{32}$/ },
  "ACK node pool": { make: () => ack.newNodePoolId(random), grammar: /^np[0-9a-f]{32}$/ },
  "ACK instance": { make: () => ack.newInstanceId(random), grammar: /^i-[0-9a-z]{20}$/ },
  "Lingjun cluster": { make: () => lingjun.newClusterId(NOW, random), grammar: /^i[0-9]{21}$/ },
  "Lingjun node group": {
    make: () => lingjun.newNodeGroupId(random),
    grammar: /^ng-[0-9a-f]{16}$/,
  },
  "RDS instance": {
    make: () => cloudcontrol.newResourceId("rm-", random),
    grammar: /^rm-[0-9a-z]{20}$/,
  },
};

// 2001 to 2065: before and after, some of the times have another number of digits.
const moment = fc.integer({ min: 1_000_000_000_000, max: 3_000_000_000_000 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

for (const [name, { make, grammar, perMs }] of Object.entries(TASK_IDS)) {
  describe(`task ids of ${name}`, () => {
    it("have the product's grammar and sort by time", () => {
      fc.assert(
        fc.property(moment, moment, chance, chance, (one, other, here, there) => {
          const first = make(one, () => here);
          const second = make(other, () => there);
          assert.match(first, grammar);
          if (one < other) assert.ok(first < second, `${first} ${second}`);
        }),
      );
    });

    it(`are unique: 100 000 of them, ${perMs} in each ms`, () => {
      const ids = new Set<string>();
      for (let count = 0; count < 100_000; count++) {
        ids.add(make(NOW + Math.floor(count / perMs), random));
      }
      assert.equal(ids.size, 100_000);
    });
  });
}

for (const [name, { make, grammar }] of Object.entries(RESOURCE_IDS)) {
  it(`ids of an ${name} have its grammar and do not repeat`, () => {
    const ids = new Set(Array.from({ length: 1_000 }, make));
    assert.equal(ids.size, 1_000);
    for (const id of ids) assert.match(id, grammar);
  });
}
