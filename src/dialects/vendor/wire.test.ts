import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { DomainError } from "../../core/errors.ts";
import { fold } from "../../core/evolve.ts";
import { bodyText } from "../../message/answer.ts";
import { acceptsXml, Call } from "../../message/call.ts";
import { checkValue } from "../../message/check-value.ts";
import { readContent } from "../../message/content.ts";
import { FaultError } from "../../message/fault.ts";
import { parseParameters } from "../../message/parameters.ts";
import { newRequestId } from "../../message/request-id.ts";
import { pageToken, readPageToken } from "../page-token.ts";
import { fill, jsonTemplate, renderOnce } from "../rendered.ts";
import {
  chinaTime,
  chinaTimeWithoutZone,
  unixSeconds,
  utcMillis,
  utcSeconds,
} from "../timestamps.ts";
import { gatherList } from "./repeat-list.ts";
import { toXml } from "./xml.ts";

describe("timestamps", () => {
  const at = Date.UTC(2022, 11, 31, 18, 5, 6, 7);
  it("are written in the four products' ways", () => {
    assert.equal(chinaTime(at), "2023-01-01T02:05:06+08:00");
    assert.equal(chinaTimeWithoutZone(at), "2023-01-01 02:05:06");
    assert.equal(utcMillis(at), "2022-12-31T18:05:06.007Z");
    assert.equal(utcSeconds(at), "2022-12-31T18:05:06Z");
    assert.equal(unixSeconds(at), 1672509906);
  });
});

describe("request ids", () => {
  it("are upper-case UUIDs, all different", () => {
    const ids = Array.from({ length: 1_000 }, newRequestId);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids)
      assert.match(id, /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
  });
});

describe("rendered bodies", () => {
  const id = newRequestId();
  it("take the request id first or last, whatever the body holds", () => {
    const nasty = '"RequestId":"","x';
    for (const body of [
      { RequestId: "", Name: nasty },
      { Name: nasty, RequestId: "" },
    ]) {
      const answer = fill(jsonTemplate(body, "RequestId"), id);
      assert.deepEqual(JSON.parse(bodyText(answer)), { ...body, RequestId: id });
    }
  });
  it("are made once for each task object", () => {
    let renders = 0;
    const render = renderOnce((task) => {
      renders += 1;
      return jsonTemplate({ id: task.id, text: "节点" });
    });
    const task = fold([{ type: "TaskSubmitted", at: 1, task: draft }]);
    const first = fill(render(task), id);
    assert.equal(render(task), render(task));
    assert.equal(renders, 1);
    render({ ...task });
    assert.equal(renders, 2);
    assert.equal(bodyText(first), `{"id":"t","text":"节点"}`);
    assert.equal(first.body.length, Buffer.byteLength(bodyText(first)));
  });
});

describe("page tokens", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        assert.equal(readPageToken("m", pageToken("m", cursor), "t"), cursor.toWellFormed());
      }),
    );
  });
  it("are refused when they are another operation's, or nobody's", () => {
    for (const token of [pageToken("other", "1"), "", "abc", "节点", `${pageToken("m", "1")}=`]) {
      assert.throws(() => readPageToken("m", token, "next_token"), refused("next_token"));
    }
  });
});

describe("parameters", () => {
  it("are decoded, the first of a name counts", () => {
    const parsed = parseParameters("a=1&b=x+y%26&a=2&&c&=d&%E8%8A%82=%E7%82%B9");
    assert.deepEqual(
      [...parsed],
      [
        ["a", "1"],
        ["b", "x y&"],
        ["c", ""],
        ["", "d"],
        ["节", "点"],
      ],
    );
  });
  it("agree with URLSearchParams on all that is UTF-8", () => {
    const pair = fc.tuple(fc.string({ minLength: 1 }), fc.string());
    fc.assert(
      fc.property(fc.uniqueArray(pair, { selector: ([name]) => name }), (pairs) => {
        const text = new URLSearchParams(pairs).toString();
        assert.deepEqual([...parseParameters(text)], [...new URLSearchParams(text)]);
      }),
    );
  });
  it("never throw anything but a refusal", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("%", "f", "0", "=", "&", "+", "a") }),
        (text) => {
          try {
            parseParameters(text);
          } catch (error) {
            assert.ok(error instanceof DomainError && error.code === "InvalidParameter");
          }
        },
      ),
    );
  });
});

describe("content", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  it("is read as its type says", () => {
    assert.deepEqual(
      readContent(bytes('{"a":1}'), "application/json; charset=utf-8"),
      json('{"a":1}', 1),
    );
    assert.deepEqual(readContent(bytes("[1]"), "application/vnd.x+json"), json("[1]", 0));
    assert.equal(readContent(bytes("a=1"), "application/x-www-form-urlencoded").kind, "form");
    assert.equal(readContent(bytes(""), "text/plain").kind, "none");
    assert.equal(readContent(undefined, undefined).kind, "none");
    assert.equal(readContent(bytes(" \n"), "application/json").kind, "none");
  });
  it("without a type is taken at its first character", () => {
    assert.deepEqual(readContent(bytes(' {"a":1}'), undefined), json(' {"a":1}', 1));
    assert.deepEqual(readContent(bytes("[1]"), "application/octet-stream"), json("[1]", 0));
    assert.equal(readContent(bytes("a=1"), undefined).kind, "form");
  });
  it("of another type is a fault", () => {
    assert.throws(() => readContent(bytes("x"), "multipart/form-data"), FaultError);
  });
  it("never throws anything but a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(undefined, "application/json"), (body, type) => {
        try {
          readContent(body, type);
        } catch (error) {
          assert.ok(error instanceof DomainError && error.code === "InvalidParameter");
        }
      }),
    );
  });
  function json(text: string, members: number) {
    return { kind: "json", value: JSON.parse(text), json: text, members };
  }
});

describe("flattened lists", () => {
  const tags = {
    type: "array",
    items: { type: "object", properties: { Key: { type: "string" }, Size: { type: "integer" } } },
  };
  it("become what they were", () => {
    const parameters = parseParameters("T.1.Key=a&T.1.Size=2&T.2.Key=b&Tx.1=no");
    assert.deepEqual(gatherList(parameters, "T", tags), [{ Key: "a", Size: 2 }, { Key: "b" }]);
    assert.equal(gatherList(parameters, "U", tags), undefined);
  });
  it("have no gaps, and are not values at the same time", () => {
    for (const text of ["T.2.Key=a", "T.0=a", "T.1=a&T.1.Key=b", "T.x=1"]) {
      assert.throws(() => gatherList(parseParameters(text), "T", tags), refused(), text);
    }
  });
  it("have no field called __proto__", () => {
    const found = gatherList(parseParameters("T.1.__proto__=a&T.1.Key=b"), "T", tags);
    assert.deepEqual(found, [{ Key: "b" }]);
  });
});

describe("values", () => {
  const wrong: [object, unknown][] = [
    [{ type: "string" }, 1],
    [{ type: "integer" }, 1.5],
    [{ type: "integer" }, 2 ** 60],
    [{ type: "integer", format: "int32" }, 2 ** 31],
    [{ type: "number" }, "1"],
    [{ type: "number", minimum: 1 }, 0],
    [{ type: "number", maximum: 1 }, 2],
    [{ type: "boolean" }, "true"],
    [{ type: "array" }, {}],
    [{ type: "array", maxItems: 1 }, [1, 2]],
    [{ type: "array", items: { type: "string" } }, ["a", 1]],
    [{ type: "object" }, []],
    [{ type: "object" }, null],
    [{ type: "string", enum: ["a", "b"] }, "c"],
  ];
  for (const [schema, value] of wrong) {
    it(`${JSON.stringify(schema)} refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => checkValue(schema, value as never, "p"), refused());
    });
  }
  it("may have more than is described, and null where nothing is needed", () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, required: [] };
    checkValue(schema, { a: null, b: 1 }, "p");
    checkValue({}, [1, { a: null }], "p");
  });
  it("name the field that is missing", () => {
    const schema = {
      type: "array",
      items: { type: "object", properties: { a: {} }, required: ["a"] },
    };
    assert.throws(
      () => checkValue(schema, [{ a: 1 }, {}], "p"),
      refused("p[1].a", "MissingParameter"),
    );
  });
});

describe("XML", () => {
  it("is for those who ask for it and for nothing that they can read as well", () => {
    const wanted = (accept?: string) =>
      acceptsXml(
        new Call({
          action: "",
          method: "GET",
          target: "/",
          headers: { accept },
          path: {},
          body: undefined,
          requestId: "",
        }),
      );
    for (const accept of ["application/xml", "text/xml", "Application/XML;q=0.9", "text/xml, */*"])
      assert.equal(wanted(accept), true, accept);
    for (const accept of [
      undefined,
      "application/json",
      "*/*",
      "application/xml, application/JSON",
      "text/html,application/xml",
      "application/xml-dtd",
    ])
      assert.equal(wanted(accept), false, accept);
  });
  it("repeats arrays, leaves out nulls and empty lists, escapes text", () => {
    const value = { a: [1, { b: true }], c: null, d: [], e: `<&"'>`, f: { g: "\u0001" } };
    assert.equal(
      toXml("R", value),
      `<?xml version="1.0" encoding="UTF-8"?><R><a>1</a><a><b>true</b></a>` +
        `<e>&lt;&amp;&quot;&apos;&gt;</e><f><g>\u{fffd}</g></f></R>`,
    );
  });
  it("makes names of keys that are none", () => {
    assert.match(
      toXml("R", { "1 a/b": 1, 节点: 2, "": 3 }),
      /<_1_a_b>1<\/_1_a_b><节点>2<\/节点><_>3<\/_>/,
    );
    // Letters and numbers that XML takes for neither, what may not come first, and namespaces.
    const names = Object.keys({
      µs: 1,
      "²": 1,
      "①": 1,
      ª: 1,
      "·a": 1,
      "-a": 1,
      "a:b": 1,
      "a😀": 1,
    });
    const tags = names.map((name) => /<R><(.*?)>/.exec(toXml("R", { [name]: 1 }))?.[1]);
    assert.deepEqual(tags, ["_s", "_", "_", "_", "_·a", "_-a", "a_b", "a_"]);
  });
  it("keeps a carriage return, which readers would take for a line feed", () => {
    assert.match(toXml("R", { a: "1\r\n2" }), /<a>1&#13;\n2<\/a>/);
  });
});

const draft = {
  id: "t",
  account: "a",
  product: "native",
  type: "x",
  input: {},
  target: { type: "x", id: "y" },
  attributes: {},
  steps: [],
  priority: 5,
};

function refused(parameter?: string, code = "InvalidParameter") {
  return (error: unknown) =>
    error instanceof DomainError &&
    error.code === code &&
    (parameter === undefined || error.facts["parameter"] === parameter);
}
