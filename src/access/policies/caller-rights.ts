import type { Asked } from "../../auth/policy/asked.ts";
import { isReading, resourceName, targetOf } from "../../auth/policy/asked.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import type { PolicyNames } from "../../auth/policy/policy-names.ts";
import { FaultError } from "../../message/fault.ts";
import { valuesNamed } from "../../message/named-values.ts";
import type { Maker, RightsTask, TaskRights } from "../../task-rights.ts";
import type { Denial } from "../call.ts";
import { isWithin, networkDenial } from "../keys/key-networks.ts";
import type { KeyEntry } from "../keys/key-ring.ts";
import { countOf, idsNamed, MOST_NAMED, membersNamed, thingsOf } from "./asked-things.ts";
import { contextOf, denialOf, isUnrestricted, tooManyNamed, unknownCaller } from "./judge.ts";
import { type Permissions, startedBy } from "./permissions.ts";

/** Where the key behind rights is looked up, each time anew. */
export interface RightsSource {
  readonly permissions: Permissions;
  /** What policies call our own API. */
  readonly names: PolicyNames;
  readonly entry: (accessKeyId: string) => KeyEntry | undefined;
  /** Why a key that was good is good no longer; undefined: it still is. */
  readonly recheck: (accessKeyId: string) => Denial | undefined;
}

/** Decisions on a product are kept for this long, and only while the key's policies stay as they are. */
const KEPT_MS = 1_000;
const MOST_KEPT = 10_000;

/** The rights of one caller on tasks. A decision is that of the moment: the key and its policies are looked up each time. */
export class CallerRights implements TaskRights {
  readonly maker: Maker;
  readonly #source: RightsSource;
  readonly #account: string;
  #entry: KeyEntry | undefined;
  #context: PolicyContext = {};
  #keptUntil = 0;
  readonly #kept = new Map<string, Denial | undefined>();
  readonly #door: "native" | "product";

  /** @param door where the call came in. On the wire of a product, the product's own right is enough for its tasks. */
  constructor(
    source: RightsSource,
    account: string,
    maker: Maker,
    door: "native" | "product" = "native",
  ) {
    this.#source = source;
    this.#door = door;
    this.#account = account;
    this.maker = maker;
  }

  refusal(action: string, task: RightsTask): Error | undefined {
    return asError(this.#denial(action, task));
  }

  async startRefusal(action: string, task: RightsTask): Promise<Error | undefined> {
    const gone = this.#gone();
    if (gone !== undefined) return asError(gone);
    const product = this.#source.permissions.options.products.get(task.product);
    if (this.#isFree() || product === undefined) return undefined;
    return asError(await this.#startDenial(action, task, product.names));
  }

  async #startDenial(
    action: string,
    task: RightsTask,
    names: PolicyNames,
  ): Promise<Denial | undefined> {
    const { permissions } = this.#source;
    const told = {
      input: task.input ?? {},
      attributes: task.attributes,
      [task.target.type]: task.target.id,
    };
    const named = (wanted: ReadonlySet<string>) => valuesNamed(told, wanted);
    const ids = idsNamed(names.idParameters, named);
    const members = membersNamed(names.members ?? [], named);
    if (countOf(members, ids) > MOST_NAMED) return tooManyNamed(this.#source.names.refusal);
    const things = await thingsOf(members, permissions.options.resources(this.#account));
    const all = new Set([targetOf(task), ...ids, ...things]);
    return this.#productDenial(action, task, { ids: [...all] });
  }

  #denial(action: string, task: RightsTask): Denial | undefined {
    const gone = this.#gone();
    if (gone !== undefined || this.#isFree()) return gone;
    const isOwn = isReading(action) && startedBy({ actor: this.#actor() }, task);
    return this.#nativeDenial(action, task, isOwn) ?? this.#productDenial(action, task, { isOwn });
  }

  /** Why the key may nothing any more; that includes networks which it got since, and the call did not come from. */
  #gone(): Denial | undefined {
    const { accessKeyId, source } = this.maker;
    const gone = this.#source.recheck(accessKeyId);
    if (gone !== undefined) return gone;
    const networks = this.#source.entry(accessKeyId)?.networks;
    if (networks === undefined || isWithin(networks, source)) return undefined;
    return networkDenial(this.#source.names.refusal);
  }

  /** Whether nothing limits the caller now; takes note of the key and its policies as they are. */
  #isFree(): boolean {
    const entry = this.#source.entry(this.maker.accessKeyId);
    const now = this.#source.permissions.options.now();
    if (entry !== this.#entry || now >= this.#keptUntil) {
      this.#kept.clear();
      this.#entry = entry;
      this.#keptUntil = now + KEPT_MS;
      this.#context = entry === undefined ? {} : contextOf(this.maker, entry, now);
    }
    return entry !== undefined && isUnrestricted(entry);
  }

  #actor(): string {
    return this.#entry?.credential.principal ?? "";
  }

  /** Our own action on this very task. One that is yet to be made was decided at the door, as `task/*`. */
  #nativeDenial(action: string, { id, product }: RightsTask, isOwn: boolean): Denial | undefined {
    if (id === undefined) return undefined;
    const { names, permissions } = this.#source;
    if (this.#door === "product" && permissions.options.products.has(product)) return undefined;
    const resource = resourceName(names, this.#scope(), id);
    return this.#decide({ action: `${names.prefix}:${action}`, resource }, isOwn);
  }

  #productDenial(
    action: string,
    task: RightsTask,
    { ids, isOwn = false }: { readonly ids?: readonly string[]; readonly isOwn?: boolean },
  ): Denial | undefined {
    const operation = { product: this.#source.names, action, mutating: !isReading(action) };
    const asked = this.#source.permissions.askedOf(operation, task, this.#scope(), ids);
    for (const one of asked) {
      const denial = isOwn ? this.#decide(one, true) : this.#decideOnce(one);
      if (denial !== undefined) return denial;
    }
    return undefined;
  }

  #decideOnce(asked: Asked): Denial | undefined {
    const key = `${asked.action} ${asked.resource}`;
    const known = this.#kept.get(key);
    if (known !== undefined || this.#kept.has(key)) return known;
    const denial = this.#decide(asked, false);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(key, denial);
    return denial;
  }

  #decide(asked: Asked, isOwn: boolean): Denial | undefined {
    if (this.#entry === undefined) return unknownCaller(this.#source.names.refusal);
    return denialOf(this.#entry, [asked], this.#context, this.#source.names.refusal, isOwn);
  }

  #scope() {
    return this.#source.permissions.scope({ account: this.#account });
  }
}

function asError(denial: Denial | undefined): Error | undefined {
  return denial && new FaultError(denial);
}
