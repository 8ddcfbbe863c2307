import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluate } from "../../auth/policy/policy.ts";
import { PolicyBook } from "./policy-book.ts";

const ALLOW_ALL = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const target = { account: "200", kind: "key", target: "LTAI1" } as const;
const ask = { action: "cs:DescribeTaskInfo", resource: "*" };

describe("an attachment", () => {
  test("row 34: whose policy does not exist denies everything, under the name of the policy", () => {
    const book = new PolicyBook();
    book.put({ account: "200", name: "all", document: ALLOW_ALL });
    book.attach({ ...target, policy: "all" });
    assert.equal(evaluate(book.attachedTo(target), ask).allowed, true);
    book.attach({ ...target, policy: "gone" });
    const { allowed, decidedBy } = evaluate(book.attachedTo(target), ask);
    assert.deepEqual(
      [allowed, decidedBy],
      [false, { policy: "gone", statementIndex: 0, effect: "Deny" }],
    );
    book.remove({ account: "200", name: "all" });
    book.detach({ ...target, policy: "gone" });
    assert.equal(evaluate(book.attachedTo(target), ask).allowed, false);
  });

  test("row 34: whose policy cannot be read denies everything", () => {
    const book = new PolicyBook();
    book.put({ account: "200", name: "odd", document: { Version: "9" } });
    book.attach({ ...target, policy: "odd" });
    assert.equal(evaluate(book.attachedTo(target), ask).allowed, false);
  });
});
