import { DomainError } from "../../core/errors.ts";
import { Pace } from "../../pace.ts";
import { LIMIT_TABLE } from "../../share-table.ts";
import type { Administration, Author } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { Params } from "../params.ts";
import type { LimitUse } from "./limit-use.ts";

/** What the caller's account has of everything that it has a share of; for the operator that of any account, or of all. */
export async function listLimits(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const all = params.flag("all");
  params.end();
  if (all && author.actor !== OPERATOR) {
    throw new DomainError(
      "AccountMismatch",
      "all: only the command line on the server can see the limits of all accounts; leave it out for those of your own",
    );
  }
  if (all && asked !== undefined) {
    throw new DomainError("InvalidParameter", "account and all are both given; give one of them", {
      parameter: "all",
    });
  }
  const { ring, limits } = api.options;
  const accounts = all ? ring.accounts.map(({ id }) => id) : [api.accountOf(asked, author)];
  const usesOf = limits?.();
  if (usesOf === undefined) {
    throw new DomainError(
      "ResourceBusy",
      "what accounts use is known only to a running server; start one (taskscribe serve), then ask again",
      { kind: "limits", id: "" },
    );
  }
  const pace = new Pace(author.account);
  const shown = [];
  for (const account of accounts) {
    await pace.rest();
    // Of all accounts only what they have: thousands of them have nothing of most kinds.
    const uses = usesOf(account).filter((use) => !all || use.used > 0 || (use.refused ?? 0) > 0);
    shown.push({ account, limits: uses.map(told) });
  }
  return { kinds: KINDS, accounts: shown };
}

const KINDS = Object.fromEntries(
  Object.entries(LIMIT_TABLE).map(([kind, { unit, what, atLimit }]) => [
    kind,
    { unit, what, atLimit: atLimit.replaceAll("`", "") },
  ]),
);

/** JSON has no number for "no limit". */
function told({ kind, used, limit, refused }: LimitUse) {
  return { kind, used, limit: Number.isFinite(limit) ? limit : null, refused: refused ?? null };
}
