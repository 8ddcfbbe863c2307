import { DomainError } from "../core/errors.ts";
import type { KeyEntry } from "./keys/key-ring.ts";

/**
 * What an action does to the rights of callers. `nothing`: it reads. `session`: it makes a temporary key, which can do
 * no more than its maker and ends by itself. `narrows`: it can only take rights away. `grants`: it makes or changes
 * something that lasts and may allow more than before.
 */
export type ActionEffect = "nothing" | "session" | "narrows" | "grants";

/** Every action of the access API, with its effect: the one table that says who may use which. */
export const EFFECTS = {
  CreateAccount: "grants",
  DeleteAccount: "narrows",
  ListAccounts: "nothing",
  CreateAccessKey: "grants",
  ListAccessKeys: "nothing",
  DisableAccessKey: "narrows",
  EnableAccessKey: "grants",
  UpdateAccessKey: "grants",
  RotateAccessKey: "grants",
  DeleteAccessKey: "narrows",
  AttachPolicy: "grants",
  // A key without its last policy may do everything.
  DetachPolicy: "grants",
  DeletePolicy: "narrows",
  ListPolicies: "nothing",
  ExplainPolicy: "nothing",
  ListAudit: "nothing",
  VerifyAudit: "nothing",
  GetAuditKey: "nothing",
  ListAuditHeads: "nothing",
  AssumeRole: "session",
  GetCallerIdentity: "nothing",
  CreateRole: "grants",
  UpdateRole: "grants",
  // The name is then a role of the whole account again.
  DeleteRole: "grants",
  ListRoles: "nothing",
  RevokeSessions: "narrows",
  DescribeSecurity: "nothing",
  ListLimits: "nothing",
  RotateSecretKey: "grants",
  DescribeSecretKey: "nothing",
} as const satisfies Record<string, ActionEffect>;

export type ActionName = keyof typeof EFFECTS;

/**
 * The rule over the table. A key that is held to policies changes nothing, because it could lift its own. A temporary
 * key makes nothing that lasts, because it would outlive its time by it.
 * @throws DomainError `AccountMismatch`
 */
export function refuseBeyond(entry: KeyEntry, action: ActionName): void {
  const effect = EFFECTS[action];
  if (effect === "nothing" || effect === "session") return;
  if (entry.rights !== "full") {
    throw new DomainError(
      "AccountMismatch",
      "a key that is held to a policy cannot change keys or policies; use one without, or the command line on the server",
    );
  }
  if (effect === "grants" && entry.key.temporary !== undefined) {
    throw new DomainError(
      "AccountMismatch",
      `a temporary key cannot make permanent keys, policies or attachments, and ${action} does; use a permanent key`,
    );
  }
}
