import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../../test/support/properties.ts";
import { OrderTree } from "./order-tree.ts";

describe("an order tree", () => {
  it("holds what a sorted list holds, in whatever order items come and go", () => {
    const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 200, size: "max" });
    fc.assert(
      fc.property(moves, (all) => {
        const tree = new OrderTree<number>((a, b) => a - b);
        const list = new Set<number>();
        for (const [comes, item] of all) {
          if (comes) {
            tree.add(item);
            list.add(item);
          } else {
            tree.delete(item);
            list.delete(item);
          }
          const sorted = [...list].sort((a, b) => a - b);
          assert.equal(tree.size, sorted.length);
          assert.equal(tree.first, sorted[0]);
          for (let n = -1; n <= 41; n++) {
            assert.equal(tree.before(n), sorted.filter((one) => one < n).length);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("row 5: compares about log n times, whether items come in order, backwards or mixed", () => {
    const COUNT = 50_000;
    const most = 4 * Math.log2(COUNT); // the mean depth of a treap is 1.39 log n
    const orders = {
      forwards: (n: number) => n,
      backwards: (n: number) => -n,
      mixed: (n: number) => (n * 7_919) % COUNT,
    };
    for (const [name, order] of Object.entries(orders)) {
      let compared = 0;
      const tree = new OrderTree<number>((a, b) => {
        compared++;
        return a - b;
      });
      const mean = (work: (item: number) => void) => {
        compared = 0;
        for (let n = 0; n < COUNT; n++) work(order(n));
        return compared / COUNT;
      };
      const counts = {
        add: mean((item) => tree.add(item)),
        before: mean((item) => void tree.before(item)),
        delete: mean((item) => tree.delete(item)),
      };
      assert.equal(tree.size, 0);
      for (const [what, count] of Object.entries(counts)) {
        assert.ok(count <= most, `${name}: ${what} compares ${count} times`);
      }
    }
  });
});
