import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { parsePolicy } from "./policy-document.ts";

const good = { Effect: "Allow", Action: "cs:*", Resource: "*" };

/** The errors of a policy with that one statement. */
function errorsOf(statement: unknown) {
  return errorsOfDocument({ Version: "1", Statement: [statement] });
}

function errorsOfDocument(document: unknown) {
  const parsed = parsePolicy(document);
  return parsed.ok ? [] : parsed.errors;
}

test("reads a policy as text or as a value", () => {
  const document = {
    Version: "1",
    Statement: [
      {
        Effect: "Allow",
        Action: ["cs:Describe*", "*"],
        Resource: ["acs:cs:*:*:cluster/*"],
        Condition: { IpAddress: { "acs:SourceIp": ["10.0.0.0/8", "::1"] }, Bool: { b: false } },
      },
    ],
  };
  for (const json of [document, JSON.stringify(document)]) {
    const parsed = parsePolicy(json);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.deepEqual(parsed.policy.statements[0]?.actions, ["cs:describe*", "*"]);
  }
});

describe("each mistake is named by place, finding and expectation", () => {
  test("the document", () => {
    const expected = "a JSON object with Version and Statement";
    assert.deepEqual(errorsOfDocument("{"), [{ path: "", found: '"{"', expected }]);
    assert.deepEqual(errorsOfDocument("[]"), [{ path: "", found: "[]", expected }]);
    assert.deepEqual(errorsOfDocument({ Statement: [], Id: 1 }), [
      { path: "Id", found: '"Id"', expected: "only Version, Statement" },
      { path: "Version", found: "nothing", expected: '"1"' },
      { path: "Statement", found: "[]", expected: "a list of at least one statement" },
    ]);
    assert.equal(errorsOfDocument({ Version: 1, Statement: [good] })[0]?.found, "1");
  });

  test("all mistakes of a statement at once", () => {
    assert.deepEqual(errorsOf({ Effect: "allow", Action: ["cs:*", "Describe"], Sid: "x" }), [
      {
        path: "Statement[0].Sid",
        found: '"Sid"',
        expected: "only Effect, Action, NotAction, Resource, Condition",
      },
      {
        path: "Statement[0].Action[1]",
        found: '"Describe"',
        expected: '"*" or "product:Action"',
      },
      { path: "Statement[0].Effect", found: '"allow"', expected: '"Allow" or "Deny"' },
      {
        path: "Statement[0].Resource",
        found: "nothing",
        expected: '"*" or "acs:product:region:account:resource"',
      },
    ]);
  });

  for (const [what, statement, path] of [
    ["no object", "Allow", "Statement[0]"],
    [
      "NotResource, which would turn the meaning around",
      { ...good, NotResource: "*" },
      "Statement[0].NotResource",
    ],
    ["both Action and NotAction", { ...good, NotAction: "cs:*" }, "Statement[0].NotAction"],
    [
      "a NotAction that is none",
      { Effect: "Deny", NotAction: "Describe", Resource: "*" },
      "Statement[0].NotAction",
    ],
    [
      "no number",
      { ...good, Condition: { NumericEquals: { k: "" } } },
      "Statement[0].Condition.NumericEquals.k",
    ],
    ["an empty list", { ...good, Resource: [] }, "Statement[0].Resource"],
    ["a number", { ...good, Action: 1 }, "Statement[0].Action"],
    ["a resource that is no name", { ...good, Resource: "c1" }, "Statement[0].Resource"],
    ["a condition that is a list", { ...good, Condition: [] }, "Statement[0].Condition"],
    [
      "an unknown operator",
      { ...good, Condition: { Equals: {} } },
      "Statement[0].Condition.Equals",
    ],
    [
      "a name that every object has",
      { ...good, Condition: { constructor: { k: 1 } } },
      "Statement[0].Condition.constructor",
    ],
    [
      "an operator without keys",
      { ...good, Condition: { Bool: "true" } },
      "Statement[0].Condition.Bool",
    ],
    [
      "no network",
      { ...good, Condition: { IpAddress: { k: ["10.0.0.0/33"] } } },
      "Statement[0].Condition.IpAddress.k[0]",
    ],
    [
      "no date",
      { ...good, Condition: { DateLessThan: { k: "soon" } } },
      "Statement[0].Condition.DateLessThan.k",
    ],
    [
      "neither true nor false",
      { ...good, Condition: { Bool: { k: "yes" } } },
      "Statement[0].Condition.Bool.k",
    ],
    [
      "no values",
      { ...good, Condition: { StringLike: { k: [] } } },
      "Statement[0].Condition.StringLike.k",
    ],
  ] as const)
    test(what, () =>
      assert.deepEqual(
        errorsOf(statement).map((error) => error.path),
        [path],
      ),
    );

  test("both Action and NotAction, with what the second is", () => {
    assert.deepEqual(errorsOf({ ...good, NotAction: "ecs:*" }), [
      {
        path: "Statement[0].NotAction",
        found: '"ecs:*"',
        expected: "either Action or NotAction",
      },
    ]);
  });

  test("a member twice, of which readers disagree which one counts", () => {
    const text =
      '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}';
    assert.deepEqual(
      errorsOfDocument(text).map(({ path }) => path),
      ["Statement.0.Effect"],
    );
    assert.deepEqual(errorsOfDocument(text.replace('"Effect":"Deny",', "")), []);
  });

  test("an action of other letters than ASCII, because the case of an action does not matter", () => {
    // The Kelvin sign is a capital k, and the small letter of İ is an i with a dot above.
    for (const Action of ["cs:Tas\u212a*", "cs:\u0130mport", "сs:*", "cs:Describe *", "cs:*\u200b"])
      assert.deepEqual(
        errorsOf({ ...good, Action }).map(({ path }) => path),
        ["Statement[0].Action"],
        Action,
      );
  });

  for (const operator of [
    "StringEqualsIfExists",
    "StringLikeIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "stringEquals",
    "Null",
    "IpAddressIncludeBorder",
    "ArnLike",
    "__proto__",
  ])
    test(`the operator ${operator}, which is none of RAM's here`, () => {
      const Condition = JSON.parse(`{${JSON.stringify(operator)}:{"acs:SourceIp":"10.0.0.0/8"}}`);
      assert.deepEqual(
        errorsOf({ ...good, Condition }).map(({ path }) => path),
        [`Statement[0].Condition.${operator}`],
      );
    });

  test("too many patterns that are slow to match", () => {
    const slow = (length: number) => `acs:*?${"x".repeat(length - 6)}`;
    const told = (statement: object) => errorsOf({ ...good, ...statement });
    assert.deepEqual(told({ Resource: slow(512) }), []);
    assert.deepEqual(
      told({ Resource: ["acs:*".padEnd(5_000, "x"), "acs:?".padEnd(900, "x")] }),
      [],
    );
    const expected = "at most 512 characters in all patterns that have a ? after a *";
    const refused = [{ path: "Statement", found: '"513 characters"', expected }];
    assert.deepEqual(told({ Resource: slow(513) }), refused);
    assert.deepEqual(told({ Resource: slow(500), Action: "cs:*?abcdefgh" }), refused);
    const StringLike = { "acs:PrincipalArn": [slow(256), slow(257)] };
    assert.deepEqual(told({ Condition: { StringLike } }), refused);
  });

  test("what was found is cut to one line", () => {
    const found = (length: number) => errorsOf({ ...good, Effect: "x".repeat(length) })[0]?.found;
    assert.equal(found(58), `"${"x".repeat(58)}"`);
    assert.equal(found(59), `"${"x".repeat(58)}…`);
    assert.equal(found(500), `"${"x".repeat(58)}…`);
  });
});

test("no input throws, and no mistake passes for a policy", () => {
  fc.assert(fc.property(fc.anything({ withBigInt: true }), (value) => void parsePolicy(value)));
  fc.assert(fc.property(fc.json(), (json) => assert.ok(!parsePolicy(json).ok)));
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom("Allow", "*", "cs:*", "acs:*", ["*"]));
  fc.assert(
    fc.property(
      fc.record(
        { Effect: part, Action: part, Resource: part, Condition: part },
        { requiredKeys: [] },
      ),
      (statement) => {
        const parsed = parsePolicy({ Version: "1", Statement: [statement] });
        assert.equal(parsed.ok, parsed.ok ? parsed.policy.statements.length === 1 : false);
      },
    ),
  );
});

test("nesting too deep to print is reported, not thrown", () => {
  const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  assert.equal(errorsOf(JSON.parse(deep)).length, 1);
});
