import { hash } from "node:crypto";
import type { StoredRole } from "../../store/access-store.ts";

/** All stored roles in memory. */
export class RoleBook {
  readonly #accounts = new Map<string, Map<string, StoredRole>>();

  role(account: string, name: string): StoredRole | undefined {
    return this.#accounts.get(account)?.get(name);
  }

  roles(account: string): readonly StoredRole[] {
    return [...(this.#accounts.get(account)?.values() ?? [])];
  }

  count(account: string): number {
    return this.#accounts.get(account)?.size ?? 0;
  }

  put(role: StoredRole): void {
    const roles = this.#accounts.get(role.account) ?? new Map<string, StoredRole>();
    this.#accounts.set(role.account, roles.set(role.name, role));
  }

  remove({ account, name }: { readonly account: string; readonly name: string }): void {
    this.#accounts.get(account)?.delete(name);
  }
}

export function roleArn(account: string, name: string): string {
  return `acs:ram::${account}:role/${name}`;
}

/** The id of a role that nobody made: 18 digits that follow from its name, as the vendor's ids look. */
export function impliedRoleId(account: string, name: string): string {
  const digits = BigInt(`0x${hash("sha256", `${account}/${name}`, "hex")}`).toString();
  return `3${digits.slice(0, 17)}`;
}
