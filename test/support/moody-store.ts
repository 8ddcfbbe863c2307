import { DomainError } from "../../src/core/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { settle } from "./fake-clock.ts";

type Mood = "well" | "refuses" | "refuses-once" | "loses-answers";

/** A store whose writes can be refused, or made and then told as failed; and whose reads can fail. */
export async function moodyStore() {
  const store = await openSqliteStore(":memory:");
  const mood: {
    writes: Mood;
    reads: "well" | "fail";
    /** Writes are made, or refused, after it. */
    until?: Promise<void>;
  } = { writes: "well", reads: "well" };
  const away = () => new DomainError("StoreUnavailable", "the store is away; try again");
  const own: Partial<Store> = {
    append: async (append) => {
      await mood.until;
      const { writes } = mood;
      if (writes === "refuses-once") {
        mood.writes = "well";
        await settle(3); // the disk takes its time to say so
      }
      if (writes.startsWith("refuses")) throw away();
      const result = await store.append(append);
      if (mood.writes === "loses-answers") throw away();
      return result;
    },
    readEvents: (query) =>
      mood.reads === "fail" ? Promise.reject(away()) : store.readEvents(query),
  };
  const moody = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: moody as Store, mood };
}
