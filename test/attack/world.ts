// A running server in strict mode, with three accounts and keys of every kind.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SignedResponse, type SigningKeys } from "../support/signed-http.ts";

const root = join(import.meta.dirname, "../..");
export const CLUSTER = "c0000000000000000000000000000da01";
export const NODE_POOL = "np0000000000000000000000000000da01";
export const LINGJUN_CLUSTER = "i100000000000000000001";
export const LINGJUN_NODE = "e01-cn-demo-0001";
const ACCOUNTS = ["1100000000000011", "2200000000000022", "3300000000000033"] as const;

const CONFIG = `import { defineConfig, defineTask } from ${JSON.stringify(join(root, "src/index.ts"))};
const only = (_, { signal }) => new Promise((done) => signal.addEventListener("abort", done));
const ask = async (_, step) => { await step.approval("go on?"); };
const rate = { perSecond: 1_000_000, burst: 1_000_000 };
export default defineConfig({
  types: [
    defineTask({ type: "note", steps: { only: () => {} } }),
    defineTask({ type: "long", steps: { only } }),
    defineTask({ type: "few", maxRunning: 2, steps: { only: () => new Promise((done) => setTimeout(done, 50)) } }),
  ],
  throttling: { account: rate, changes: rate, reads: rate },
});`;

type Object_ = Readonly<Record<string, unknown>>;

/** A key of an account, and calls that are signed with it. */
export class Caller {
  readonly keys: SigningKeys;
  readonly http: SignedHttp;

  constructor(address: string, keys: SigningKeys) {
    this.keys = keys;
    this.http = new SignedHttp(address, keys);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<SignedResponse> {
    return this.http.send({ path, headers });
  }

  /** `body`: JSON as text, or what becomes JSON. */
  post(path: string, body: Object_ | string, headers: Record<string, string> = {}) {
    return this.http.send({
      method: "POST",
      path,
      headers: { ...headers, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  rpc(action: string, form: Record<string, string>): Promise<SignedResponse> {
    return this.http.send({
      method: "POST",
      path: "/",
      headers: {
        "x-acs-version": "2022-12-15",
        "x-acs-action": action,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: String(new URLSearchParams(form)),
    });
  }

  access(action: string, parameters: Object_ = {}): Promise<SignedResponse> {
    return this.post(`/v1/access/${action}`, parameters);
  }

  submit(body: Object_): Promise<SignedResponse> {
    return this.post("/v1/tasks", body);
  }
}

/** A key of each kind, of one account. */
export interface Tenant {
  readonly account: string;
  /** Stands in everything that this account makes. No answer to another account may have it. */
  readonly marker: string;
  readonly full: Caller;
  /** May read one cluster of ACK and nothing else. */
  readonly allowOne: Caller;
  /** May do everything but what is about ACK. */
  readonly deny: Caller;
  readonly session: Caller;
  readonly sessionOfSession: Caller;
  readonly roleSession: Caller;
  readonly disabled: Caller;
  readonly expired: Caller;
}

const statement = (effect: "Allow" | "Deny", action: unknown, resource: unknown = "*") => ({
  Effect: effect,
  Action: action,
  Resource: resource,
});

export const policy = (...statements: object[]) => ({ Version: "1", Statement: statements });
export const allow = (action: unknown, resource?: unknown) => statement("Allow", action, resource);
export const refuse = (action: unknown, resource?: unknown) => statement("Deny", action, resource);

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "taskscribe-attack-"));
  readonly data = join(this.folder, "data");
  readonly config = join(this.folder, "attack.config.ts");
  readonly tenants: Tenant[] = [];
  readonly #servers: ServerProcess[] = [];
  #names = 0;

  get server(): ServerProcess {
    const [first] = this.#servers;
    if (first === undefined) throw new Error("the server is not started yet");
    return first;
  }

  get attacker(): Tenant {
    return this.#tenant(1);
  }

  get victim(): Tenant {
    return this.#tenant(0);
  }

  #tenant(index: number): Tenant {
    const tenant = this.tenants[index];
    if (tenant === undefined) throw new Error("the accounts are not made yet");
    return tenant;
  }

  static async start(): Promise<World> {
    const world = new World();
    writeFileSync(world.config, CONFIG);
    await world.#serve(world.data, ["--auth", "strict", "--speed", "100"]);
    for (const account of ACCOUNTS) {
      await world.operator("CreateAccount", { account });
      world.tenants.push(await world.#makeTenant(account));
    }
    return world;
  }

  /** Another server, on a directory of its own; it ends with the world. */
  async another(name: string, flags: readonly string[]): Promise<ServerProcess & { data: string }> {
    const data = join(this.folder, name);
    return { ...(await this.#serve(data, flags)), data };
  }

  async #serve(data: string, flags: readonly string[]): Promise<ServerProcess> {
    mkdirSync(data, { recursive: true });
    const args = ["--data", data, "--config", this.config, ...flags];
    const server = await startServerProcess(args, {}, { standsStill: "it is flooded" });
    this.#servers.push(server);
    return server;
  }

  /** A name that nothing else has. */
  name(): string {
    this.#names += 1;
    return `thing-${this.#names}`;
  }

  /** Calls the access API as the operator of the machine. @throws Error if it is refused */
  async operator(action: string, parameters: Object_, data = this.data): Promise<Object_> {
    const { status, body } = await this.tryOperator(action, parameters, data);
    if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`);
    return body;
  }

  async tryOperator(action: string, parameters: Object_ | string, data = this.data) {
    const { url, operatorToken } = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
    const response = await fetch(`${url}/v1/access/${action}`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
      body: typeof parameters === "string" ? parameters : JSON.stringify(parameters),
    });
    return { status: response.status, body: (await response.json()) as Object_ };
  }

  /** A new key of the account, with these policies. */
  async key(account: string, ...documents: object[]): Promise<Caller> {
    const made = (await this.operator("CreateAccessKey", { account })) as unknown as SigningKeys;
    for (const document of documents) {
      await this.operator("AttachPolicy", {
        name: this.name(),
        accessKeyId: made.accessKeyId,
        document,
      });
    }
    return new Caller(this.server.address, made);
  }

  /** A temporary key that this caller makes for itself. @throws Error if it is refused */
  async session(of: Caller, parameters: Object_ = {}): Promise<Caller> {
    const { status, text } = await of.access("AssumeRole", parameters);
    if (status !== 200) throw new Error(`AssumeRole: ${text}`);
    return new Caller(this.server.address, JSON.parse(text) as SigningKeys);
  }

  async #makeTenant(account: string): Promise<Tenant> {
    const full = await this.key(account);
    const cluster = `acs:cs:*:${account}:cluster/${CLUSTER}`;
    const session = await this.session(full);
    const role = this.name();
    await this.operator("AttachPolicy", {
      name: this.name(),
      account,
      role,
      document: policy(allow("taskscribe:Get*")),
    });
    const disabled = await this.key(account);
    await this.operator("DisableAccessKey", { accessKeyId: disabled.keys.accessKeyId });
    return {
      account,
      marker: `marker-of-${account}`,
      full,
      allowOne: await this.key(account, policy(allow("cs:Describe*", cluster))),
      deny: await this.key(account, policy(allow("*"), refuse("cs:*"))),
      session,
      sessionOfSession: await this.session(session),
      roleSession: await this.session(full, { role }),
      disabled,
      expired: await this.session(full, { durationSeconds: 1 }),
    };
  }

  async stop(): Promise<void> {
    for (const { child } of this.#servers) child.kill("SIGKILL");
    for (const tenant of this.tenants) {
      for (const one of Object.values(tenant)) if (one instanceof Caller) one.http.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
