import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { createSend, NOT_ALLOWED } from "./sender.ts";
import { newWebhookSecret, signedHeaders } from "./signature.ts";
import { targetRules } from "./targets.ts";

describe("webhook targets", () => {
  const rules = targetRules("");
  const inside = [
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "not an address",
    "",
  ];
  for (const address of inside) {
    it(`refuses ${address || "nothing"}`, () => assert.equal(rules.allows(address), false));
  }
  for (const address of ["8.8.8.8", "172.32.0.1", "100.63.0.1", "2a00:1450::1", "2606:4700::1"]) {
    it(`allows ${address}`, () => assert.equal(rules.allows(address), true));
  }
  it("allows the configured exceptions", () => {
    const some = targetRules("10.1.0.0/16, ::1");
    assert.deepEqual(
      ["10.1.9.9", "10.2.0.1", "::1", "127.0.0.1", "8.8.8.8"].map((one) => some.allows(one)),
      [true, false, true, false, true],
    );
    assert.equal(targetRules("any").allows("127.0.0.1"), true);
    for (const text of ["10.0.0.0/33", "localhost", "10.0.0/8"]) {
      assert.throws(() => targetRules(text), /is no network/);
    }
  });
});

const quiet = { debug() {} };

describe("sending", () => {
  const idle = new AbortController().signal;
  const post = (send: ReturnType<typeof createSend>, url: string) =>
    send({ url, headers: { "x-a": "1" }, body: "{}", signal: idle });

  async function withServer(
    answer: Parameters<typeof createServer>[1] & object,
    use: (port: number) => Promise<void>,
  ) {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await use((server.address() as AddressInfo).port);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("connects to no internal address, by number or by name, whatever other addresses the name has", async () => {
    let asked = 0;
    await withServer(
      (_, response) => {
        asked += 1;
        response.end();
      },
      async (port) => {
        const send = createSend(targetRules(""), quiet);
        for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"]) {
          const outcome = await post(send, `http://${host}:${port}/`);
          assert.equal(outcome.delivered, false, host);
          assert.equal("error" in outcome && outcome.error, NOT_ALLOWED, host);
        }
      },
    );
    assert.equal(asked, 0);
  });

  it("resolves the name at every delivery, and checks all its addresses", async () => {
    let asked = 0;
    await withServer(
      (_, response) => {
        asked += 1;
        response.end();
      },
      async (port) => {
        // The server stands for one outside; the name then leads to what is inside.
        const outside = [{ address: "127.0.0.1", family: 4 }];
        const answers = [
          outside,
          [{ address: "10.0.0.1", family: 4 }],
          [...outside, { address: "::ffff:169.254.169.254", family: 6 }],
          [],
        ];
        const send = createSend(
          targetRules("127.0.0.1"),
          quiet,
          1_000,
          (_name, _options, callback) => callback(null, answers.shift() ?? []),
        );
        const outcomes = [];
        while (answers.length > 0) outcomes.push(await post(send, `http://rebound.test:${port}/`));
        const words = outcomes.map((one) => ("error" in one ? one.error : one.status));
        assert.equal(words[0], 200);
        // Row 24: one sentence, whatever the name leads to.
        assert.deepEqual(words.slice(1), [NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED]);
      },
    );
    assert.equal(asked, 1);
  });

  it("delivers to allowed targets, follows no redirect, and gives up on a target that does not answer", async () => {
    const send = createSend(targetRules("any"), quiet, 200);
    await withServer(
      (request, response) => {
        const status = Number(request.url?.slice(1));
        if (status === 0) return; // never answers
        response.writeHead(status, { location: "/200" });
        response.flushHeaders(); // the body never comes
      },
      async (port) => {
        const at = (path: string) => post(send, `http://127.0.0.1:${port}/${path}`);
        assert.deepEqual(await at("204"), { delivered: true, status: 204 });
        assert.deepEqual(await at("200"), { delivered: true, status: 200 });
        const moved = await at("302");
        assert.deepEqual([moved.delivered, moved.status], [false, 302]);
        assert.equal((await at("500")).status, 500);
        assert.deepEqual(await at("0"), { delivered: false, error: "no answer within 200 ms" });
        const tls = await post(send, `https://127.0.0.1:${port}/200`);
        assert.deepEqual(tls, {
          delivered: false,
          error: "TLS with the target failed; check its certificate",
        });
      },
    );
  });

  it("gives up on a target that answers a byte at a time, and does not read a body without an end", async () => {
    const send = createSend(targetRules("any"), quiet, 300);
    let written = 0;
    await withServer(
      ({ url, socket }, response) => {
        const isSlow = url === "/slow";
        const text = "HTTP/1.1 200 OK\r\n".repeat(100);
        let at = 0;
        const timer = setInterval(() => {
          if (isSlow) return socket.write(text[at++] ?? "");
          written += 1;
          return response.write("x".repeat(10_000));
        }, 20);
        socket.on("close", () => clearInterval(timer));
      },
      async (port) => {
        const slow = await post(send, `http://127.0.0.1:${port}/slow`);
        assert.deepEqual(slow, { delivered: false, error: "no answer within 300 ms" });
        const endless = await post(send, `http://127.0.0.1:${port}/endless`);
        assert.deepEqual(endless, { delivered: true, status: 200 });
        await new Promise((later) => setTimeout(later, 100));
        const before = written;
        await new Promise((later) => setTimeout(later, 100));
        assert.equal(written, before, "the connection is closed");
      },
    );
  });

  it("row 24: tells of no address in any failure, but the log does", async () => {
    const told: object[] = [];
    const send = createSend(targetRules("any"), { debug: (facts) => void told.push(facts) }, 500);
    await withServer(
      (_, response) => {
        response.socket?.destroy();
      },
      async (port) => {
        const broken = await post(send, `http://127.0.0.1:${port}/`);
        assert.deepEqual(broken, {
          delivered: false,
          error: "the target broke the connection off",
        });
        const closed = await post(send, "http://127.0.0.1:1/");
        assert.deepEqual(closed, { delivered: false, error: "the target refused the connection" });
      },
    );
    assert.match(String((told.at(-1) as { err: Error }).err), /127\.0\.0\.1:1/);
  });

  it("signs as standardwebhooks.com specifies", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const headers = signedHeaders(
      secret,
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1614265330000,
      '{"test": 2432232314}',
    );
    assert.equal(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert.equal(headers["webhook-timestamp"], "1614265330");
    assert.match(newWebhookSecret(), /^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});
