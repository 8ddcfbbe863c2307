import type { Json } from "../../src/core/json.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import { Catalog } from "../../src/engine/catalog.ts";
import { Engine } from "../../src/engine/engine.ts";
import { LocalExecutor } from "../../src/engine/local/local-executor.ts";
import { buildHttpServer } from "../../src/http/server.ts";
import { createProducts, type ProductOptions } from "../../src/products/registry.ts";
import { makeWorld } from "../../src/server/worlds.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { silent } from "./engine-bench.ts";
import { FakeClock } from "./fake-clock.ts";
import { fakeRandom } from "./fake-step-context.ts";
import { watchLoop } from "./loop-watch.ts";
import { requestOf } from "./spec-request.ts";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/**
 * The four products on the real engine, an in-memory store and a fake clock, behind the real HTTP server. Each account
 * has its world. Calls go through the server without a socket.
 */
export async function startProducts(
  accounts: readonly string[],
  options: Partial<ProductOptions> & { readonly store?: Store } = {},
) {
  const { store = await openSqliteStore(":memory:"), ...ofProducts } = options;
  const products = createProducts({ speed: 1, ...ofProducts });
  for (const account of accounts) await makeWorld(store, account, products);
  const clock = new FakeClock();
  const engine = new Engine({
    store,
    clock,
    catalog: new Catalog(products),
    random: fakeRandom(),
    log: silent,
    executor: (host) => new LocalExecutor(host),
  });
  await engine.start();
  const app = buildHttpServer({
    service: engine,
    log: silent,
    access: {
      identify: ({ headers, requestId }) => ({
        account: String(headers["x-test-account"]),
        requestId,
        actor: "test",
      }),
    },
  });
  const loop = watchLoop();
  const send = async (
    account: string,
    method: string,
    url: string,
    more: { headers?: Readonly<Record<string, string>>; body?: string } = {},
  ): Promise<Answer> => {
    const headers = { ...more.headers, "x-test-account": account };
    const given = { method: method as "GET", url, headers };
    const { statusCode, body } = await app.inject(
      more.body === undefined ? given : { ...given, payload: more.body },
    );
    return { status: statusCode, body: body === "" ? undefined : JSON.parse(body) };
  };
  return {
    engine,
    store,
    clock,
    /** A call to our own API, or any other by its path. */
    send,
    /** A call to an operation of a product, as its official clients make it. */
    call: (
      account: string,
      product: string,
      action: string,
      parameters: Readonly<Record<string, Json>>,
    ): Promise<Answer> => {
      const dialect = DIALECTS.find(({ name }) => name === product);
      const spec = dialect?.operations.find((operation) => operation.action === action);
      if (!dialect || !spec) throw new TypeError(`${product} describes no ${action}`);
      const { method = "GET", path, ...rest } = requestOf(dialect, spec, parameters);
      const body = rest.body === undefined ? undefined : String(rest.body);
      const headers = rest.headers ?? {};
      return send(account, method, path, body === undefined ? { headers } : { headers, body });
    },
    close: async () => {
      await app.close();
      const stopped = engine.stop(0);
      await clock.advance(60 * 60_000);
      await stopped;
      loop.close();
    },
  };
}

export type ProductsBench = Awaited<ReturnType<typeof startProducts>>;
