import type { NamedPolicy } from "../../auth/policy/policy.ts";
import { parsePolicy } from "../../auth/policy/policy-document.ts";
import type { Attachment, StoredPolicy } from "../../store/access-store.ts";

type Target = Omit<Attachment, "policy">;

/** All policies in memory, and what they are attached to. */
export class PolicyBook {
  readonly #policies = new Map<string, StoredPolicy>();
  /** The attachments, by the key or role that they are attached to. */
  readonly #attachments = new Map<string, readonly Attachment[]>();

  /** How many attachments each account has. */
  readonly #counts = new Map<string, number>();
  /** How many policies. */
  readonly #policyCounts = new Map<string, number>();

  get policies(): readonly StoredPolicy[] {
    return [...this.#policies.values()];
  }

  get attachments(): readonly Attachment[] {
    return [...this.#attachments.values()].flat();
  }

  policy(account: string, name: string): StoredPolicy | undefined {
    return this.#policies.get(policyKey({ account, name }));
  }

  /** A policy that is attached and does not exist denies everything: passed over, it would leave full access. */
  attachedTo(target: Target): readonly NamedPolicy[] {
    const attached = this.#attachments.get(targetKey(target)) ?? [];
    return attached.map(({ policy: name }) =>
      named(name, this.policy(target.account, name)?.document),
    );
  }

  attachmentsOf(target: Target): readonly Attachment[] {
    return this.#attachments.get(targetKey(target)) ?? [];
  }

  attachmentCount(account: string): number {
    return this.#counts.get(account) ?? 0;
  }

  policyCount(account: string): number {
    return this.#policyCounts.get(account) ?? 0;
  }

  put(policy: StoredPolicy): void {
    const { account } = policy;
    const key = policyKey(policy);
    if (!this.#policies.has(key)) this.#policyCounts.set(account, this.policyCount(account) + 1);
    this.#policies.set(key, policy);
  }

  remove(policy: { readonly account: string; readonly name: string }): void {
    const { account } = policy;
    if (!this.#policies.delete(policyKey(policy))) return;
    this.#policyCounts.set(account, this.policyCount(account) - 1);
  }

  attach(one: Attachment): void {
    // In the order of the names, as the store gives them: which policy decides is the same after a restart.
    const all = [...this.#without(one), one].sort((a, b) => (a.policy < b.policy ? -1 : 1));
    this.#set(one, all);
  }

  detach(one: Attachment): void {
    this.#set(one, this.#without(one));
  }

  #without(one: Attachment): readonly Attachment[] {
    return this.attachmentsOf(one).filter(({ policy }) => policy !== one.policy);
  }

  #set(target: Target, all: readonly Attachment[]): void {
    const { account } = target;
    const more = all.length - this.attachmentsOf(target).length;
    this.#counts.set(account, this.attachmentCount(account) + more);
    const key = targetKey(target);
    if (all.length > 0) this.#attachments.set(key, all);
    else this.#attachments.delete(key);
  }
}

/** A document that is missing, or cannot be read any more (by an older version, say), denies everything, so that nothing is allowed by mistake. */
export function named(name: string, document: unknown): NamedPolicy {
  const parsed = parsePolicy(document);
  return { name, policy: parsed.ok ? parsed.policy : DENY_ALL };
}

const DENY_ALL: NamedPolicy["policy"] = {
  version: "1",
  statements: [
    { effect: "Deny", actions: ["*"], exceptActions: false, resources: ["*"], conditions: [] },
  ],
};

function policyKey({ account, name }: { readonly account: string; readonly name: string }) {
  return JSON.stringify([account, name]);
}

function targetKey({ account, kind, target }: Target): string {
  return JSON.stringify([account, kind, target]);
}
