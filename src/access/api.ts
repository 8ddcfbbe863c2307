import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { createAccount, deleteAccount, listAccounts } from "./accounts/account-actions.ts";
import { Administration, type AdministrationOptions, type Author } from "./administration.ts";
import { getAuditKey, listAudit, listAuditHeads, verifyAudit } from "./audit/audit-actions.ts";
import { type ActionEffect, type ActionName, EFFECTS } from "./effects.ts";
import {
  createAccessKey,
  deleteAccessKey,
  listAccessKeys,
  setEnabled,
} from "./keys/key-actions.ts";
import { rotateAccessKey, updateAccessKey } from "./keys/key-lifetime.ts";
import { getCallerIdentity } from "./keys/who-am-i.ts";
import { listLimits } from "./limits/list-limits.ts";
import { Params } from "./params.ts";
import { explainPolicy } from "./policies/explain-policy.ts";
import type { OperationFacts } from "./policies/operations.ts";
import {
  attachPolicy,
  deletePolicy,
  detachPolicy,
  listPolicies,
} from "./policies/policy-actions.ts";
import { describeSecurity } from "./posture/describe-security.ts";
import { assumeRole } from "./roles/assume-role.ts";
import {
  createRole,
  deleteRole,
  listRoles,
  revokeSessions,
  updateRole,
} from "./roles/role-actions.ts";
import { resealableKeys } from "./secrets/reseal.ts";
import { describeSecretKey, rotateSecretKey } from "./secrets/secret-actions.ts";

type Handler = (
  administration: Administration,
  params: Params,
  author: Author,
) => Promise<JsonObject>;

const HANDLERS: Readonly<Record<ActionName, Handler>> = {
  CreateAccount: createAccount,
  DeleteAccount: deleteAccount,
  ListAccounts: listAccounts,
  CreateAccessKey: createAccessKey,
  ListAccessKeys: listAccessKeys,
  DisableAccessKey: setEnabled("DisableAccessKey", false),
  EnableAccessKey: setEnabled("EnableAccessKey", true),
  UpdateAccessKey: updateAccessKey,
  RotateAccessKey: rotateAccessKey,
  DeleteAccessKey: deleteAccessKey,
  AttachPolicy: attachPolicy,
  DetachPolicy: detachPolicy,
  DeletePolicy: deletePolicy,
  ListPolicies: listPolicies,
  ExplainPolicy: explainPolicy,
  ListAudit: listAudit,
  VerifyAudit: verifyAudit,
  GetAuditKey: getAuditKey,
  ListAuditHeads: listAuditHeads,
  AssumeRole: assumeRole,
  GetCallerIdentity: getCallerIdentity,
  CreateRole: createRole,
  UpdateRole: updateRole,
  DeleteRole: deleteRole,
  ListRoles: listRoles,
  RevokeSessions: revokeSessions,
  DescribeSecurity: describeSecurity,
  ListLimits: listLimits,
  RotateSecretKey: rotateSecretKey,
  DescribeSecretKey: describeSecretKey,
};

/**
 * Managing accounts, keys and policies, for the command line and over HTTP alike: an action's name and JSON in, JSON
 * out. Every change is written together with its audit record.
 */
export class AccessApi {
  readonly #administration: Administration;

  constructor(options: AdministrationOptions) {
    this.#administration = new Administration(options);
    options.secrets.resealables.push(resealableKeys(this.#administration));
  }

  /** @throws DomainError `OperationUnsupported`, `InvalidParameter`, `MissingParameter`, `ResourceNotFound`, … */
  async call(action: string, parameters: JsonObject, author: Author): Promise<JsonObject> {
    if (!isAction(action)) {
      const known = ACCESS_ACTIONS.join(", ");
      throw new DomainError("OperationUnsupported", `${action} is none of: ${known}`, { action });
    }
    // A change is checked again when it is its turn.
    if (EFFECTS[action] !== "nothing") this.#administration.refuseUnlessAllowed(action, author);
    return HANDLERS[action](this.#administration, new Params(parameters), author);
  }
}

export const ACCESS_ACTIONS: readonly string[] = Object.keys(EFFECTS);

function isAction(name: string): name is ActionName {
  return Object.hasOwn(EFFECTS, name);
}

/** The actions as policies, limits and the audit know them. */
export const ACCESS_OPERATIONS: readonly OperationFacts[] = Object.entries(EFFECTS).map(
  ([action, effect]) => ({
    dialect: "access",
    action,
    role: roleOf(action, effect),
    parameters: ["accessKeyId", "name", "role"],
  }),
);

/** The operations of STS, which lead to the same actions. */
export const STS_OPERATIONS: readonly OperationFacts[] = [
  { dialect: "sts", action: "AssumeRole", role: "assume-role", parameters: [] },
  { dialect: "sts", action: "GetCallerIdentity", role: "who-am-i", parameters: [] },
];

function roleOf(action: string, effect: ActionEffect): string {
  if (action === "GetCallerIdentity") return "who-am-i";
  return effect === "nothing" ? "read" : "change";
}
