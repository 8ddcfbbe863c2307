import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { numberedPage, tokenPage } from "./paging.ts";

const ALL = ["a", "b", "c", "d", "e"];
const NAMES = { size: "MaxResults", token: "NextToken" };
const LIMITS = { default: 2, min: 1, max: 3 };

function page(all: readonly string[], size?: number, token?: string) {
  const parameters = {
    ...(size !== undefined && { MaxResults: size }),
    ...(token && { NextToken: token }),
  };
  return tokenPage(all, (item) => item, parameters, NAMES, LIMITS);
}

describe("pages by token", () => {
  it("show everything once, in order", () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const { items, next } = page(ALL, undefined, token);
      seen.push(...items);
      token = next;
    } while (token !== undefined);
    assert.deepEqual(seen, ALL);
  });

  it("go on after an item that is gone by now", () => {
    const { next } = page(ALL);
    assert.deepEqual(page(["a", "c", "d"], undefined, next).items, ["c", "d"]);
  });

  it("keep their size within the limits", () => {
    assert.deepEqual([page(ALL, 0).size, page(ALL, 500).size, page(ALL).size], [1, 3, 2]);
  });

  for (const token of ["not base64!", "bm90IG91cnM=", "%"]) {
    it(`refuse the token ${token}`, () => {
      assert.throws(() => page(ALL, 2, token), { code: "InvalidParameter" });
    });
  }
});

describe("pages by number", () => {
  const names = { number: "page_number", size: "page_size" };

  it("start at 1 with ten entries", () => {
    const { items, info } = numberedPage(ALL, {}, names);
    assert.deepEqual(items, ALL);
    assert.deepEqual(info, { page_number: 1, page_size: 10, total_count: 5 });
  });

  it("end with an empty one", () => {
    assert.deepEqual(numberedPage(ALL, { page_number: 3, page_size: 2 }, names).items, ["e"]);
    assert.deepEqual(numberedPage(ALL, { page_number: 4, page_size: 2 }, names).items, []);
  });

  for (const wrong of [{ page_number: 0 }, { page_size: 101 }, { page_size: "many" }]) {
    it(`refuse ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => numberedPage(ALL, wrong, names), { code: "InvalidParameter" });
    });
  }
});
