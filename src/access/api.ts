import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { Administration, type AdministrationOptions, type Author } from "./administration.ts";
import { listAudit, verifyAudit } from "./audit/audit-actions.ts";
import {
  assumeRole,
  createAccessKey,
  createAccount,
  deleteAccessKey,
  listAccessKeys,
  listAccounts,
  setEnabled,
} from "./keys/key-actions.ts";
import { Params } from "./params.ts";
import type { OperationFacts } from "./policies/operations.ts";
import {
  attachPolicy,
  deletePolicy,
  detachPolicy,
  explainPolicy,
  listPolicies,
} from "./policies/policy-actions.ts";

type Handler = (
  administration: Administration,
  params: Params,
  author: Author,
) => Promise<JsonObject>;

interface Entry {
  readonly changes: boolean;
  readonly handle: Handler;
}

const ACTIONS: Readonly<Record<string, Entry>> = {
  CreateAccount: { changes: true, handle: createAccount },
  ListAccounts: { changes: false, handle: listAccounts },
  CreateAccessKey: { changes: true, handle: createAccessKey },
  ListAccessKeys: { changes: false, handle: listAccessKeys },
  DisableAccessKey: { changes: true, handle: setEnabled("DisableAccessKey", false) },
  EnableAccessKey: { changes: true, handle: setEnabled("EnableAccessKey", true) },
  DeleteAccessKey: { changes: true, handle: deleteAccessKey },
  AttachPolicy: { changes: true, handle: attachPolicy },
  DetachPolicy: { changes: true, handle: detachPolicy },
  DeletePolicy: { changes: true, handle: deletePolicy },
  ListPolicies: { changes: false, handle: listPolicies },
  ExplainPolicy: { changes: false, handle: explainPolicy },
  ListAudit: { changes: false, handle: listAudit },
  VerifyAudit: { changes: false, handle: verifyAudit },
  // A session never allows more than the caller or the role may do, so a caller with a policy may make one, too.
  AssumeRole: { changes: false, handle: assumeRole },
};

/**
 * Managing accounts, keys and policies, for the command line and over HTTP alike: an action's name and JSON in, JSON
 * out. Every change is written together with its audit record.
 */
export class AccessApi {
  readonly #administration: Administration;

  constructor(options: AdministrationOptions) {
    this.#administration = new Administration(options);
  }

  /** @throws DomainError `OperationUnsupported`, `InvalidParameter`, `MissingParameter`, `ResourceNotFound`, … */
  async call(action: string, parameters: JsonObject, author: Author): Promise<JsonObject> {
    const entry = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (entry === undefined) {
      const known = Object.keys(ACTIONS).join(", ");
      throw new DomainError("OperationUnsupported", `${action} is none of: ${known}`, { action });
    }
    if (entry.changes) this.#administration.refuseRestricted(author);
    return entry.handle(this.#administration, new Params(parameters), author);
  }
}

export const ACCESS_ACTIONS: readonly string[] = Object.keys(ACTIONS);

/** The actions as policies, limits and the audit know them. */
export const ACCESS_OPERATIONS: readonly OperationFacts[] = Object.entries(ACTIONS).map(
  ([action, { changes }]) => ({
    dialect: "access",
    action,
    role: changes || action === "AssumeRole" ? "change" : "read",
    parameters: ["accessKeyId", "name", "role"],
  }),
);
