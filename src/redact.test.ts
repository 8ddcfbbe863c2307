import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../test/support/properties.ts";
import { isSecretName, MASK, redact, redactText, SEALED } from "./redact.ts";

describe("which names are a secret's", () => {
  const secret = [
    "password",
    "LoginPassword",
    "login_password",
    "root_passwd",
    "rootPasswd",
    "DB_PASSWORD",
    "passphrase",
    "pwd",
    "secret",
    "accessKeySecret",
    "AccessKeySecret",
    "client-secret",
    "secretKey",
    "private_key",
    "privateKey",
    "kubeconfig",
    "KubeConfig",
    "token",
    "SecurityToken",
    "x-acs-security-token",
    "api_token",
    "refreshTokens",
    "token_value",
    "apiKey",
    "api_key",
    "accessKey",
    "encryption_key",
    "tls_key",
    "tlsKeyPem",
    "certificate_key",
    "client-key-data",
    "authorization",
    "Signature",
    "cookie",
    "credentials",
    "net.ipv4.tcp_fastopen_key",
    "dockerconfigjson",
  ];
  const open = [
    "name",
    "sysctl",
    "sysctl_config",
    "clientToken",
    "client_token",
    "ClientToken",
    "nextToken",
    "next_token",
    "pageToken",
    "X-Client-Token",
    "task_id",
    "taskId",
    "token_type",
    "tokenizer",
    "accessKeyId",
    "AccessKeyId",
    "KeyPairName",
    "key_pair",
    "key",
    "keys",
    "Key",
    "publicKey",
    "concurrencyKey",
    "partition_key",
    "SignatureNonce",
    "SignatureMethod",
    "monkey",
    "compass_work",
    "user_data",
    "certificate",
    "authMode",
    "author",
  ];
  for (const name of secret) it(name, () => assert.equal(isSecretName(name), true));
  for (const name of open) it(`not ${name}`, () => assert.equal(isSecretName(name), false));
});

describe("redact", () => {
  it("masks secrets wherever they are, and leaves the rest as it is", () => {
    const given = {
      name: "n",
      nodes: [{ login_password: "a", size: 2 }, { deep: { private_key: ["b", "c"] } }],
      secret: { any: "thing" },
      env: [
        { name: "DB_PASSWORD", value: "d" },
        { name: "DB_HOST", value: "h" },
      ],
      args: ["--verbose", "--db-password=e"],
    };
    assert.deepEqual(redact(given), {
      name: "n",
      nodes: [{ login_password: MASK, size: 2 }, { deep: { private_key: [MASK, MASK] } }],
      secret: MASK,
      env: [
        { name: "DB_PASSWORD", value: MASK },
        { name: "DB_HOST", value: "h" },
      ],
      args: ["--verbose", `--db-password=${MASK}`],
    });
    assert.equal(given.secret.any, "thing");
  });

  it("gives back the same object if there is nothing to mask, and masks only once", () => {
    const plain = {
      a: [{ b: "c: d" }],
      clientToken: "t",
      max_tokens: 100,
      passwordless: true,
      password: null,
    };
    assert.equal(redact(plain), plain);
    const once = redact({ password: "x", text: "token=abc", url: "http://u:p@h" });
    assert.equal(redact(once), once);
  });

  it("masks what is sealed", () => {
    assert.deepEqual(redact({ plain: `${SEALED}AAAA+/==` }), { plain: MASK });
    assert.equal(redactText(`value ${SEALED}AAAA==, then`), `value ${MASK}, then`);
    const named = `${SEALED}v2.0123456789abcdef.AAAA`;
    assert.equal(redactText(`value=1 ${named}==.`), `value=1 ${MASK}.`);
  });

  it("looks into no object that is more than data", () => {
    const error = new Error("password=x");
    assert.equal(redact({ error }).error, error);
  });
});

describe("redactText", () => {
  const rows: readonly (readonly [text: string, shown: string])[] = [
    ["password=hunter2", `password=${MASK}`],
    ["login failed: password: hunter2!", `login failed: password: ${MASK}`],
    ['{"password":"hu\\"nter2","a":1}', `{"password":"${MASK}","a":1}`],
    ['"{\\"token\\":\\"a\\\\\\"b\\",\\"c\\":1}"', `"{\\"token\\":\\"${MASK}\\",\\"c\\":1}"`],
    ["?Action=X&Signature=abc%3D&SignatureNonce=n", `?Action=X&Signature=${MASK}&SignatureNonce=n`],
    [
      "%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1",
      `%7B%22password%22%3A%22${MASK}%22%2C%22a%22%3A1`,
    ],
    ["a%26SecurityToken%3Dabc", `a%26SecurityToken%3D${MASK}`],
    ["Authorization: Basic dXNlcjpwYXNz", `Authorization: ${MASK}`],
    ["authorization: acs a:b c", `authorization: ${MASK}`],
    ["sent Bearer abcdefgh.ijk to x", `sent Bearer ${MASK} to x`],
    ["postgres://user:pa55@db/x", `postgres://user:${MASK}@db/x`],
    ["-----BEGIN RSA PRIVATE KEY-----\nAA\n-----END RSA PRIVATE KEY----- b", `${MASK} b`],
    ["message: x password='a b' y", `message: x password='${MASK}' y`],
    ["password='never closed", `password='${MASK}`],
    ["root_passwd => abc", `root_passwd => ${MASK}`],
  ];
  for (const [text, shown] of rows) it(text, () => assert.equal(redactText(text), shown));

  const open = [
    "parameter password: is missing; give a string",
    "clientToken=abc&next_token=d",
    "12:30:45 state: running",
    "password: true",
    "the token is used up",
    "http://host:80/a:b@c",
  ];
  for (const text of open) it(`leaves ${text}`, () => assert.equal(redactText(text), text));

  it("finds every form that a value can be written in", () => {
    const secret = fc
      .string({ minLength: 8, unit: "grapheme-ascii" })
      .map((text) => `S3cr3t${text}Z`);
    const forms: readonly ((secret: string) => string)[] = [
      (text) => JSON.stringify({ a: 1, password: text, b: "c" }),
      (text) => JSON.stringify({ body: JSON.stringify({ root_passwd: text }), z: 1 }),
      (text) => JSON.stringify(JSON.stringify(JSON.stringify({ token: text, after: "x" }))),
      (text) => `a=1&LoginPassword=${encodeURIComponent(text)}&b=2`,
      (text) => encodeURIComponent(`a=1&Signature=${encodeURIComponent(text)}&b=2`),
      (text) => encodeURIComponent(JSON.stringify({ apiKey: text.replaceAll('"', "") })),
      (text) => `could not log in: ${JSON.stringify({ password: text })}`,
    ];
    const given = fc.property(secret, fc.constantFrom(...forms), (text, form) => {
      const shown = redactText(form(text));
      assert.ok(!shown.includes("S3cr3t"), `${form(text)} shows as ${shown}`);
      assert.equal(redactText(shown), shown);
    });
    fc.assert(given, { numRuns: 500 });
  });

  it("takes no time over long texts", () => {
    const long = 200_000;
    const texts = [
      "a=",
      "password=",
      "p ",
      "token=\\",
      '"',
      "-----BEGIN PRIVATE KEY-----",
      "a://b:",
      "%22",
    ];
    const started = performance.now();
    for (const text of texts) redactText(text.repeat(long / text.length));
    assert.ok(performance.now() - started < 5_000);
  });
});
