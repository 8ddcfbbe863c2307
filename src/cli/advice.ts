import { ConnectionError, TaskscribeError } from "../client/index.ts";

const KEY = "taskscribe profile set keeps one, TASKSCRIBE_ACCESS_KEY_ID and ..._SECRET give one";
const CA = "taskscribe profile set --ca-file names the CA to trust";

/** What to do about frequent first errors, by the code of the refusal or of the failed connection. */
const ADVICE: Readonly<Record<string, string>> = {
  TaskNotFound: "taskscribe list shows those there are",
  IncompleteSignature: `the server wants a key; ${KEY}`,
  "InvalidAccessKeyId.NotFound": "taskscribe key list, where the server's data is, names its keys",
  SignatureDoesNotMatch: "is the secret the key's own?",
  ECONNREFUSED: "taskscribe serve starts a server, --endpoint names another",
  ENOTFOUND: "--endpoint names the server",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; try http://",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS; try http://",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CA,
  SELF_SIGNED_CERT_IN_CHAIN: CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: CA,
};

/** The advice for an error; undefined if there is none beyond its message. */
export function adviceOn(error: unknown): string | undefined {
  if (error instanceof TaskscribeError) return ADVICE[error.code];
  return error instanceof ConnectionError ? ADVICE[codeOf(error.cause)] : undefined;
}

/** The code of the innermost error, because fetch wraps the error that names the cause. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return cause === undefined ? String(code ?? "") : codeOf(cause);
}
