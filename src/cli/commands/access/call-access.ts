import { existsSync, readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { ConfigError } from "../../../config/config-error.ts";
import { loadConfig, type OptionTexts } from "../../../config/load.ts";
import type { Config } from "../../../config/settings.ts";
import { DomainError, type DomainErrorCode } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import { type Announcement, announcedIn } from "../../../http/announcement.ts";

/** Options of every command that manages access. */
export interface AccessFlags {
  readonly data?: string;
  readonly config?: string;
}

const ANSWER_MS = 10_000;
/** For an action in which the server itself waits for a command (`secretKeyCommand`). */
const LONG_ANSWER_MS = 60_000;
/** The actions that make sense before the first start of a server. */
const MAKES_DIRECTORY = new Set(["CreateAccount", "CreateAccessKey", "AssumeRole"]);

/**
 * Manages accounts, keys and policies: through the server that runs on the data directory, else in the directory itself.
 * @throws DomainError with the server's own message.
 */
export async function callAccess(
  flags: AccessFlags,
  action: string,
  parameters: JsonObject,
): Promise<JsonObject> {
  const config = await accessConfig(flags);
  const server = announcedIn(config.data);
  if (server?.operatorToken !== undefined) return ask(server, action, parameters);
  if (!MAKES_DIRECTORY.has(action) && !existsSync(config.data)) {
    throw new ConfigError(`the data directory ${config.data} does not exist; name it with --data`);
  }
  const { callAccessOffline } = await import("../../../server/start-server.ts");
  return callAccessOffline(config, action, parameters);
}

async function accessConfig({ data, config: file }: AccessFlags): Promise<Config> {
  const settings: OptionTexts = data === undefined ? {} : { data };
  return loadConfig(settings, { file });
}

async function ask(
  server: Announcement,
  action: string,
  parameters: JsonObject,
): Promise<JsonObject> {
  const { status, text } = await post(server, `/v1/access/${action}`, JSON.stringify(parameters));
  const { requestId: _, ...answer } = parse(server, text);
  if (status === 200) return answer;
  const { code, message } = answer;
  throw new DomainError(String(code) as DomainErrorCode, String(message));
}

function parse({ url }: Announcement, text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    throw unreachable(url, "it answered something that is not JSON");
  }
}

function post(
  { url, caFile, operatorToken }: Announcement,
  path: string,
  body: string,
): Promise<{ status: number; text: string }> {
  const target = new URL(path, reachable(url));
  const headers = {
    authorization: `Bearer ${operatorToken}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  // The address comes from the data directory itself, so a certificate for another name is no problem: it is the same server.
  const tls = { ca: caFile && readFileSync(caFile), checkServerIdentity: () => undefined };
  const { request } = target.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const timeout = path.endsWith("/RotateSecretKey") ? LONG_ANSWER_MS : ANSWER_MS;
    const options = { method: "POST", headers, timeout, ...tls };
    const outgoing = request(target, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${timeout} ms`)));
    outgoing.on("error", (error) => reject(unreachable(url, error.message)));
    outgoing.end(body);
  });
}

/** A server that listens on all addresses also listens on the loopback address. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

function unreachable(url: string, reason: string): DomainError {
  return new DomainError(
    "StoreUnavailable",
    `a server owns this data directory, but ${url} could not be asked: ${reason}; try again, or stop it first`,
  );
}
