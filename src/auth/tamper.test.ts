import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { authenticate } from "./authenticate.ts";
import {
  credentialOf,
  lookupOf,
  requestOf,
  type Vector,
  vectorNamed,
  vectors,
} from "./fixtures.test.ts";
import { type AuthRequest, headerText, pathOf, queryOf } from "./request.ts";

/*
 * Changing any one character of what a scheme signs must be refused. The one exception is another spelling of the same meaning
 * (%2b for %2B): canonical forms exist to accept those, so an accepted change must leave the meaning as it was.
 */

const genuine = vectors.filter((vector) => vector.expect === "valid");
const bySchemes = {
  ACS3: genuine.filter(({ scheme }) => scheme.startsWith("ACS3")),
  ROA: genuine.filter(({ scheme }) => scheme.startsWith("ROA")),
  RPC: genuine.filter(({ scheme }) => scheme.startsWith("RPC")),
};
// By name, so that a counterexample can be read.
const anyOf = (list: readonly Vector[]) => fc.constantFrom(...list.map(({ name }) => name));
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const position = fc.nat();

function accepts(vector: Vector, request: AuthRequest): boolean {
  const nowMs = Date.parse(vector.date);
  return authenticate(request, lookupOf(credentialOf(vector)), nowMs).ok;
}

function replaceAt(text: string, at: number, by: string): string {
  const index = at % Math.max(1, text.length);
  return text.slice(0, index) + by + text.slice(index + 1);
}

/** Path segments and parameters as a server reads them, by code that shares nothing with the verifier. */
function meaning(target: string): string {
  const segments = (pathOf(target) || "/") // an empty path is the root (AUTH.md 1.1)
    .split("/")
    .map((segment) => new URLSearchParams(`x=${segment.replaceAll("+", "%2B")}`).get("x"));
  return JSON.stringify([segments, parametersOf(queryOf(target))]);
}

function parametersOf(text: string): readonly string[] {
  return [...new URLSearchParams(text)].map((pair) => JSON.stringify(pair)).sort();
}

describe("one changed character of the target", () => {
  for (const [scheme, list] of Object.entries(bySchemes))
    test(scheme, () => {
      const property = fc.property(anyOf(list), position, visible, (name, at, character) => {
        const vector = vectorNamed(name);
        const request = requestOf(vector);
        const target = replaceAt(request.target, at, character);
        if (!accepts(vector, { ...request, target })) return;
        assert.equal(meaning(target), meaning(request.target), target);
      });
      fc.assert(property, { numRuns: 3000 });
    });
});

describe("one changed character of a signed header", () => {
  const signedNames = (vector: Vector): readonly string[] => {
    const authorization = vector.request.headers["authorization"] ?? "";
    const list = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(";");
    const roa = ["date", "accept", "content-type", "content-md5"];
    const names = list ?? Object.keys(vector.request.headers).filter((n) => n.startsWith("x-acs-"));
    return [...names, ...(list ? [] : roa), "authorization"].filter(
      (n) => vector.request.headers[n],
    );
  };
  for (const [scheme, list] of Object.entries({ ACS3: bySchemes.ACS3, ROA: bySchemes.ROA }))
    test(scheme, () => {
      const property = fc.property(
        anyOf(list),
        position,
        position,
        visible,
        (vectorName, pick, at, by) => {
          const vector = vectorNamed(vectorName);
          const request = requestOf(vector);
          const names = signedNames(vector);
          const name = names[pick % names.length] ?? "";
          const before = headerText(request.headers, name) ?? "";
          const after = replaceAt(before, at, by);
          const headers = { ...request.headers, [name]: after };
          assert.ok(
            after === before || !accepts(vector, { ...request, headers }),
            `${name}: ${after}`,
          );
        },
      );
      fc.assert(property, { numRuns: 3000 });
    });
});

describe("an x-acs header added, or a header that is signed left out", () => {
  for (const [scheme, list] of Object.entries({ ACS3: bySchemes.ACS3, ROA: bySchemes.ROA }))
    test(scheme, () => {
      for (const vector of list) {
        const request = requestOf(vector);
        const added = { ...request.headers, "x-acs-zone": "" };
        assert.ok(!accepts(vector, { ...request, headers: added }), vector.name);
        for (const name of Object.keys(request.headers).filter((n) => n.startsWith("x-acs-"))) {
          const headers = { ...request.headers, [name]: undefined };
          assert.ok(!accepts(vector, { ...request, headers }), `${vector.name}: ${name}`);
        }
      }
    });
});

describe("one changed byte of the body", () => {
  const withBody = (list: readonly Vector[]) =>
    list.filter((vector) => requestOf(vector).body.length > 0);
  // ROA v1 protects a body by nothing but Content-MD5 (AUTH.md §2).
  const lists = {
    ACS3: withBody(bySchemes.ACS3),
    ROA: withBody(bySchemes.ROA).filter(({ request }) => request.headers["content-md5"]),
    RPC: withBody(bySchemes.RPC),
  };
  for (const [scheme, list] of Object.entries(lists))
    test(scheme, () => {
      const flip = fc.integer({ min: 1, max: 255 });
      const property = fc.property(anyOf(list), position, flip, (name, at, bits) => {
        const vector = vectorNamed(name);
        const request = requestOf(vector);
        const body = Uint8Array.from(request.body);
        const index = at % body.length;
        body[index] = (body[index] ?? 0) ^ bits;
        if (!accepts(vector, { ...request, body })) return;
        assert.equal(scheme, "RPC", "only a form can have another spelling");
        const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
        assert.deepEqual(parametersOf(text(body)), parametersOf(text(request.body)));
      });
      fc.assert(property, { numRuns: 2000 });
    });
});

test("another method", () => {
  for (const vector of genuine) {
    const request = requestOf(vector);
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", ""])
      if (method !== request.method)
        assert.ok(!accepts(vector, { ...request, method }), `${vector.name}: ${method}`);
  }
});

test("bytes put before or after the body", () => {
  for (const vector of genuine) {
    const request = requestOf(vector);
    if (vector.scheme.startsWith("ROA") && !vector.request.headers["content-md5"]) continue;
    // A byte order mark, a parameter, a byte that is no UTF-8.
    for (const extra of [Buffer.from("\ufeff"), Buffer.from("&x=1"), Buffer.from([0xff])]) {
      for (const parts of [
        [extra, request.body],
        [request.body, extra],
      ])
        assert.ok(!accepts(vector, { ...request, body: Buffer.concat(parts) }), vector.name);
    }
  }
});
