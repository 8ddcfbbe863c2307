import type { PostureFacts, ServerFacts } from "./facts.ts";
import { type Finding, look, ok, open, some } from "./finding.ts";

/* Checks of how the server is set up: who reaches it, what it asks of them, and what lies on its disk. */

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const OLD_SECRET_KEY_DAYS = 365;
const MINUTE_MS = 60_000;
const OLDEST_NODE = 24;

type Check = (facts: PostureFacts) => Finding;

export const SERVER_CHECKS: readonly Check[] = [
  ({ server }) => authentication(server),
  ({ server }) => reach(server),
  ({ server }) => hosts(server),
  ({ server }) => tls(server),
  certificate,
  ({ server }) => plainRequests(server),
  ({ server }) => clientCertificates(server),
  ({ server }) => forwardProxy(server),
  ({ server }) => schemes(server),
  ({ server }) => nonces(server),
  ({ server }) => clock(server),
  throttling,
  ({ server }) => quotas(server),
  ({ server }) => webhookTargets(server),
  ({ server }) => metrics(server),
  ({ server }) => audit(server),
  secretKey,
  ({ server }) => files(server),
  ({ server }) => node(server),
];

function authentication({ mode, onlyThisMachine }: ServerFacts): Finding {
  const check = "authentication";
  if (mode === "strict") return ok(check, "strict: every request is signed");
  const todo = "give --auth strict";
  const found =
    mode === "off" ? "off: everyone is let in" : "known: whoever knows the id of a key is let in";
  return onlyThisMachine
    ? look(check, `${found}, from this machine`, `${todo} if others use this machine`)
    : open(check, `${found}, from every machine`, todo);
}

function reach({ host, onlyThisMachine, insecure }: ServerFacts): Finding {
  const check = "who can reach the port";
  if (insecure)
    return open(
      check,
      `--insecure, on ${host}`,
      "leave --insecure out, which allows the open modes",
    );
  return ok(check, onlyThisMachine ? `this machine only (${host})` : `other machines (${host})`);
}

function hosts({ mode, allowHost }: ServerFacts): Finding {
  const check = "names in Host";
  if (mode !== "off") return ok(check, "any, because callers prove who they are");
  if (allowHost.length === 0) return ok(check, "only this machine's and the products'");
  return look(check, `also ${some(allowHost)}`, "leave out of --allow-host what is not needed");
}

function tls({ tls, onlyThisMachine }: ServerFacts): Finding {
  if (tls !== undefined)
    return ok("TLS", `on (${tls.certificate}), ${tls.versions.join(" and ")}, AEAD suites only`);
  return onlyThisMachine
    ? ok("TLS", "off; only this machine is reached")
    : open(
        "TLS",
        "off: the traffic can be read on its way",
        "give --tls, or --tls-cert and --tls-key",
      );
}

function certificate({ server, now }: PostureFacts): Finding {
  const check = "certificate";
  if (server.tls === undefined) return ok(check, "none");
  const { endsAt } = server.tls;
  if (endsAt === undefined) return look(check, "its end could not be read", "look at its file");
  const days = Math.floor((endsAt - now) / DAY_MS);
  const end = new Date(endsAt).toISOString().slice(0, 10);
  if (days >= SOON_DAYS) return ok(check, `valid until ${end}`);
  const found = days < 0 ? `ended on ${end}` : `ends on ${end}, in ${days} days`;
  return look(check, found, "renew it and start the server anew");
}

function plainRequests({ requireTls, tls, onlyThisMachine }: ServerFacts): Finding {
  const check = "signed requests over plain HTTP";
  if (requireTls) return ok(check, "refused");
  if (tls === undefined && !onlyThisMachine)
    return look(check, "accepted, from every machine", "give --tls and --require-tls");
  return ok(
    check,
    tls === undefined ? "accepted, from this machine" : "only through the forward proxy",
  );
}

function clientCertificates({ clientCertificates: found, onlyThisMachine }: ServerFacts): Finding {
  const check = "client certificates";
  if (found === undefined || found.mode === "off") return ok(check, "not asked for");
  const { mode, mapped, revocationList } = found;
  const text = `${mode}, ${mapped} mapped to keys, ${revocationList ? "with" : "without"} a revocation list`;
  if (revocationList || onlyThisMachine) return ok(check, text);
  return look(check, text, "give --tls-client-crl, or nobody can take a certificate away");
}

function forwardProxy({ proxy, onlyThisMachine }: ServerFacts): Finding {
  const check = "forward proxy";
  if (!proxy) return ok(check, "off");
  if (onlyThisMachine) return ok(check, "on, for this machine");
  return open(
    check,
    "on, for every machine",
    "leave --proxy-port out where other machines reach it",
  );
}

function schemes({ schemes }: ServerFacts): Finding {
  const weak = schemes.filter((scheme) => scheme !== "acs3");
  const found = schemes.join(", ");
  if (weak.length === 0) return ok("signature schemes", found);
  const todo = "set schemes to acs3 if no aliyun CLI and no Terraform calls";
  return look("signature schemes", `${found}: HMAC-SHA1, bodies not always signed`, todo);
}

function nonces({ requireNonce, schemes }: ServerFacts): Finding {
  if (requireNonce) return ok("nonce", "required: no request is accepted twice");
  const todo = schemes.includes("roa-v1")
    ? "set requireNonce if no aliyun CLI calls"
    : "set requireNonce";
  return look("nonce", "optional: a request without one can be sent again", todo);
}

function clock({ maxClockDifferenceMs, requireNonce }: ServerFacts): Finding {
  const minutes = maxClockDifferenceMs / MINUTE_MS;
  const found = `dates may be ${minutes >= 1 ? `${+minutes.toFixed(1)} min` : `${maxClockDifferenceMs / 1_000} s`} off`;
  if (requireNonce || minutes <= 5) return ok("clock", found);
  return look("clock", found, "set maxClockDifferenceMs to 300000 if all clients keep time");
}

function throttling({ server, accounts }: PostureFacts): Finding {
  const { throttled, readsThrottled, mode } = server;
  if (throttled && (readsThrottled || accounts < 2)) return ok("throttling", "on");
  if (throttled) {
    const found = `on for changes alone, with ${accounts} accounts: polling of one slows the others down`;
    return look("throttling", found, "set throttling.account in the configuration file");
  }
  const todo = mode === "off" ? "use --auth strict, which has limits" : "give throttling limits";
  return look("throttling", "off: one caller can take everything", todo);
}

function quotas({ limited }: ServerFacts): Finding {
  if (limited) return ok("quotas", "on");
  return look(
    "quotas",
    "none: an account may fill the disk",
    "set quotas in the configuration file",
  );
}

function webhookTargets({ webhookTargets }: ServerFacts): Finding {
  const check = "targets of webhooks";
  if (webhookTargets === "") return ok(check, "public addresses only");
  if (webhookTargets.split(",").some((part) => part.trim() === "any"))
    return open(check, "any address, also inside", "name the networks instead of any");
  return look(check, `also ${webhookTargets}`, "see that every account may reach these networks");
}

function metrics({ metricsToken, onlyThisMachine }: ServerFacts): Finding {
  if (metricsToken) return ok("metrics", "with a token, or from this machine");
  return ok("metrics", onlyThisMachine ? "from this machine" : "from this machine only");
}

function audit({ audit }: ServerFacts): Finding {
  if (audit === undefined) return ok("audit", "on");
  const { shippedTo, signedHeads } = audit;
  const found = `${shippedTo === "" ? "not copied" : `copied to ${shippedTo}`}, heads ${signedHeads ? "signed" : "not signed"}`;
  if (shippedTo !== "" && signedHeads) return ok("audit", found);
  return look("audit", found, "copy it to another machine, or note its head there");
}

function secretKey({ secretKey, now }: PostureFacts): Finding {
  const check = "key of the secrets";
  const { id, source, since, outdated } = secretKey;
  const found = `${id} from ${source}, since ${new Date(since).toISOString().slice(0, 10)}`;
  if (outdated > 0) {
    return look(check, `${found}; ${outdated} secrets not sealed anew`, "wait, or see the log");
  }
  if (now - since <= OLD_SECRET_KEY_DAYS * DAY_MS) return ok(check, found);
  return look(check, found, "rotate it (secret rotate)");
}

const READABLE_BY_OTHERS = 0o077;

function files({ files }: ServerFacts): Finding {
  const check = "files";
  const shared = files.filter(({ mode }) => (mode & READABLE_BY_OTHERS) !== 0);
  if (shared.length === 0) return ok(check, `${files.length} checked, for their owner alone`);
  const names = shared.map(({ path, mode }) => `${path} (${mode.toString(8).padStart(4, "0")})`);
  return open(check, `others can read ${some(names)}`, "chmod go= them");
}

function node({ nodeVersion }: ServerFacts): Finding {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1] ?? 0);
  if (major >= OLDEST_NODE) return ok("Node", nodeVersion);
  return look("Node", nodeVersion, `use ${OLDEST_NODE} or newer`);
}
