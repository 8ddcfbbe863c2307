import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ANY_CLIENT, CLIENTS } from "../../src/cli/clients/clients.ts";
import { renderSetup, type ServerAddresses } from "../../src/cli/clients/render.ts";
import { MAIN } from "../support/program.ts";
import { officialPython } from "../support/python.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const GOLDEN = join(import.meta.dirname, "clients-env");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-env-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const PLACES: Readonly<Record<string, ServerAddresses>> = {
  http: { url: "http://127.0.0.1:4010" },
  https: { url: "https://127.0.0.1:4010", caFile: "/srv/data/tls/ca.pem" },
  "https-known": { url: "https://tasks.example.com" },
  proxy: {
    url: "http://127.0.0.1:4010",
    proxyUrl: "http://127.0.0.1:4011",
    caFile: "/srv/data/tls/ca.pem",
  },
};

describe("what taskscribe env prints", () => {
  // To write them anew: TASKSCRIBE_UPDATE=1 npm test -- test/e2e/clients-env.test.ts
  const update = process.env["TASKSCRIBE_UPDATE"] === "1";
  for (const [name, setup] of Object.entries({ ...CLIENTS, any: ANY_CLIENT })) {
    for (const [way, place] of Object.entries(PLACES)) {
      it(`for ${name} by ${way}`, () => {
        const text = `${renderSetup(setup, place).replaceAll(root, "/opt/taskscribe")}\n`;
        const file = join(GOLDEN, `${name}.${way}.sh`);
        if (update) writeFileSync(file, text);
        assert.equal(text, readFileSync(file, "utf8"));
      });
    }
  }
});

/** Evaluates shell code and gives back some variables. */
function evaluated(code: string, names: readonly string[], how: string, env = {}, shell = "sh") {
  const show = names.map((name) => `printf '%s\\0' "$${name}"`).join("; ");
  // Bash takes a stdin that is a socket for a remote login and would read its start-up file.
  const options = shell === "bash" ? ["--norc", "-c"] : ["-c"];
  const { stdout, stderr, status } = spawnSync(shell, [...options, `${how}\n${show}`], {
    env: { PATH: process.env["PATH"], CODE: code, ...env },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  return Object.fromEntries(names.map((name, i) => [name, stdout.split("\0")[i]]));
}

const QUOTED = 'eval "$CODE"';

describe("eval", () => {
  const caFile = `${folder}/it's a "$HOME" \`dir\` \\ #1/tls/ca.pem`;
  const place = { url: "https://127.0.0.1:4010", proxyUrl: "http://127.0.0.1:4011", caFile };

  const expected: Readonly<Record<string, string>> = {
    SSL_CERT_FILE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
    HTTPS_PROXY: place.proxyUrl,
  };

  function check(code: string, shell: string): void {
    const names = [...code.matchAll(/^export (\w+)=/gm)].map(([, name = ""]) => name);
    const values = evaluated(code, names, QUOTED, {}, shell);
    for (const [name, value] of Object.entries(expected)) {
      if (names.includes(name)) assert.equal(values[name], value);
    }
  }

  for (const shell of ["sh", "bash"]) {
    it(`sets every variable whatever the path holds (${shell})`, () => {
      for (const setup of Object.values(CLIENTS)) {
        check(renderSetup(setup, place), shell);
        check(renderSetup(setup, { ...place, proxyUrl: undefined }), shell);
      }
    });
  }

  it("without quotes still sets the variables", () => {
    const { go } = CLIENTS;
    assert.ok(go);
    const code = renderSetup(go, { url: "https://127.0.0.1:4010", caFile: "/srv/ca.pem" });
    const names = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "SSL_CERT_FILE"];
    assert.deepEqual(evaluated(code, names, "eval $CODE"), {
      ALIBABA_CLOUD_ACCESS_KEY_ID: "any",
      SSL_CERT_FILE: "/srv/ca.pem",
    });
  });

  it("keeps the access keys and the options that are there", () => {
    const { node } = CLIENTS;
    assert.ok(node);
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: "my $key", NODE_OPTIONS: "--no-warnings" };
    const names = [
      "ALIBABA_CLOUD_ACCESS_KEY_ID",
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      "NODE_OPTIONS",
    ];
    const values = evaluated(renderSetup(node, place), names, QUOTED, env);
    assert.equal(values["ALIBABA_CLOUD_ACCESS_KEY_ID"], "my $key");
    assert.equal(values["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], "any");
    assert.match(values["NODE_OPTIONS"] ?? "", /^--no-warnings --require .*node-proxy\.cjs$/);
  });

  it("makes a function for the aliyun command line, which has no variable for its endpoint", () => {
    const { aliyun } = CLIENTS;
    assert.ok(aliyun);
    const code = renderSetup(aliyun, { url: "http://127.0.0.1:4010" });
    const called = 'aliyun() { SEEN="$*"; }\naliyun_local cs GET "/tasks/T 1"';
    const { SEEN } = evaluated(code, ["SEEN"], `${QUOTED}\n${called}`);
    assert.equal(
      SEEN,
      "cs GET /tasks/T 1 --endpoint 127.0.0.1:4010 --insecure --region cn-hangzhou",
    );
  });
});

function env(...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, "env", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

describe("taskscribe env without a server", () => {
  const none = join(folder, "none");

  it("uses the settings, and says so", () => {
    const { stdout, status } = env("--client", "go", "--data", none);
    assert.equal(status, 0);
    assert.match(stdout, /Endpoint: tea\.String\("127\.0\.0\.1:4010"\)/);
    assert.match(stdout, /# No server runs on \S*none now/);
  });

  it("takes an endpoint", () => {
    const { stdout } = env(
      "--client",
      "go",
      "--data",
      none,
      "--endpoint",
      "https://tasks.example.com:8443",
    );
    assert.match(stdout, /"tasks\.example\.com:8443"\), Protocol: tea\.String\("https"\)/);
    assert.match(
      env("--client", "go", "--endpoint", "0.0.0.0:1", "--data", none).stdout,
      /"127\.0\.0\.1:1"/,
    );
  });

  it("refuses what is none", () => {
    for (const endpoint of ["a b", "ftp://x", "http://x/path", "http://u:p@x", "x:99999"]) {
      const { status, stderr } = env("--endpoint", endpoint, "--data", none);
      assert.equal(status, 2, endpoint);
      assert.match(stderr, /^taskscribe: --endpoint: found ".*"; give host:port/, endpoint);
    }
    // By the one rule for all settings an empty one is not set.
    const whole = (...args: string[]) => env(...args, "--data", none).stdout;
    assert.equal(whole("--endpoint", ""), whole());
    const { status, stderr } = env("--client", "perl");
    assert.equal(status, 2);
    assert.match(stderr, /Allowed choices are terraform, aliyun/);
  });

  it("ignores a file that a dead server has left", () => {
    const dead = join(folder, "dead");
    mkdirSync(dead);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(join(dead, "server.json"), JSON.stringify({ url: "http://127.0.0.1:9", pid }));
    assert.match(env("--client", "go", "--data", dead).stdout, /127\.0\.0\.1:4010/);
    writeFileSync(join(dead, "server.json"), "{");
    assert.equal(env("--client", "go", "--data", dead).status, 0);
  });
});

/** The code in another language that the remarks of the output contain. */
function snippetIn(output: string): string {
  const lines = output.split("\n").filter((line) => line.startsWith("#   "));
  return lines.map((line) => line.slice(4)).join("\n");
}

const NODE_PROGRAM = (config: string) => `
  const cs = require("@alicloud/cs20151215");
  const { $OpenApiUtil } = require("@alicloud/openapi-core");
  new cs.default(${config}).describeTaskInfo("T-000000000000000000000000")
    .catch((error) => console.log(error.message));`;

const PYTHON_PROGRAM = (config: string) => `
import os, socket
resolve = socket.getaddrinfo
def here_only(host, *args, **more):
    if host != "127.0.0.1": raise OSError("left for " + str(host))
    return resolve(host, *args, **more)
socket.getaddrinfo = here_only
from alibabacloud_cs20151215.client import Client
from alibabacloud_tea_openapi.models import Config
config = ${config}
try:
    Client(config).describe_task_info("T-000000000000000000000000")
except Exception as error:
    print(error)
`;

const NOT_FOUND = /the task T-000000000000000000000000 not found/;

describe("the printed settings with the real clients", () => {
  const servers = new Map<string, ServerProcess>();
  const dataOf = (way: string) => join(folder, `data of ${way}`);
  const python = join(folder, "venv/bin/python");

  before(async () => {
    const ways = { http: [], https: ["--tls"], proxy: ["--proxy-port", "0"] };
    for (const [way, flags] of Object.entries(ways)) {
      servers.set(way, await startServerProcess(["--data", dataOf(way), ...flags]));
    }
    const official = await officialPython();
    assert.ok(official.path, `a Python with the SDKs is needed here: ${official.missing}`);
    copyOf(official.path);
  });
  after(async () => {
    for (const server of servers.values()) assert.equal(await server.end("SIGTERM"), 0);
  });

  /** An environment with the same packages, and a list of CAs of its own, which is added to. */
  function copyOf(official: string): void {
    python3(official, "-m", "venv", "--without-pip", join(folder, "venv"));
    const where = "import sysconfig; print(sysconfig.get_path('purelib'), end='')";
    const [theirs, ours] = [python3(official, "-c", where), python3(python, "-c", where)];
    writeFileSync(join(ours, "official.pth"), `${theirs}\n`);
    cpSync(join(theirs, "certifi"), join(ours, "certifi"), { recursive: true });
  }

  function python3(path: string, ...args: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync(path, args, { encoding: "utf8" });
    assert.equal(status, 0, `${path} ${args.join(" ")}: ${error ?? stderr}`);
    return stdout;
  }

  function run(way: string, client: string, program: (snippet: string) => string): string {
    const { stdout: code } = env("--client", client, "--data", dataOf(way));
    const interpreter = client === "python" ? `"${python}" -c` : `"${process.execPath}" -e`;
    const { stdout, stderr } = spawnSync("sh", ["-c", `${QUOTED}\n${interpreter} "$PROGRAM"`], {
      cwd: root,
      env: { PATH: process.env["PATH"], CODE: code, PROGRAM: program(snippetIn(code)) },
      encoding: "utf8",
      timeout: 60_000,
    });
    return stdout + stderr;
  }

  for (const way of ["http", "https"]) {
    it(`TypeScript by ${way}`, () => assert.match(run(way, "node", NODE_PROGRAM), NOT_FOUND));
  }

  for (const way of ["http", "https", "proxy"]) {
    it(`Python by ${way}`, () => {
      const config = (snippet: string) => snippet.slice(0, snippet.indexOf("\n)") + 2);
      assert.match(
        run(way, "python", (snippet) => PYTHON_PROGRAM(config(snippet))),
        NOT_FOUND,
      );
    });
  }

  it("Python through the proxy, unchanged, after the CA was added to its list", () => {
    const unchanged = () =>
      PYTHON_PROGRAM(
        'Config(access_key_id="any", access_key_secret="any", region_id="cn-hangzhou")',
      );
    assert.match(run("proxy", "python", unchanged), /CERTIFICATE_VERIFY_FAILED/);
    const { stdout } = env("--client", "python", "--data", dataOf("proxy"));
    const [command = ""] = /^cat .*certifi.*$/m.exec(snippetIn(stdout)) ?? [];
    const path = `${join(folder, "venv/bin")}:${process.env["PATH"]}`;
    const added = spawnSync("sh", ["-c", command], { env: { PATH: path }, encoding: "utf8" });
    assert.equal(added.status, 0, added.stderr);
    assert.match(run("proxy", "python", unchanged), NOT_FOUND);
  });
});
