import { execFile } from "node:child_process";
import type { SecretKeySource } from "../../access/secrets/secret-keys.ts";
import { DomainError } from "../../core/errors.ts";
import { redactText } from "../../redact.ts";
import { visible } from "../../visible.ts";
import { keysIn, LONGEST_TEXT } from "./key-text.ts";

const LONGEST_RUN_MS = 30_000;
const LONGEST_SHOWN = 500;

/** How a command ended. */
interface Ended {
  /** A number: its exit code; a text: why it could not run, e.g. `ENOENT`; undefined: it was ended. */
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The key that a command prints. It is run without a shell, at the start and when the key is rotated. */
export function secretKeyOfCommand(
  words: readonly string[],
  longestRunMs = LONGEST_RUN_MS,
): SecretKeySource {
  const [program = "", ...args] = words;
  const name = `secretKeyCommand (${program})`;
  return {
    name,
    read: async () => {
      const { code, stdout, stderr } = await run(program, args, longestRunMs);
      if (code === 0) return keysIn(stdout, `what ${name} prints`);
      throw failed(program, reasonOf(code, longestRunMs), stderr);
    },
    settled: () => {},
  };
}

function run(program: string, args: readonly string[], timeout: number): Promise<Ended> {
  const options = {
    timeout,
    killSignal: "SIGKILL",
    maxBuffer: LONGEST_TEXT,
    encoding: "utf8",
    windowsHide: true,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else
        resolve({
          code: error.killed ? undefined : (error.code ?? "a signal"),
          stdout: "",
          stderr,
        });
    });
    child.stdin?.end();
  });
}

function reasonOf(code: Ended["code"], longestRunMs: number): string {
  if (code === undefined) return `did not end within ${longestRunMs / 1_000} s, and was stopped`;
  if (typeof code === "number") return `ended with the exit code ${code}`;
  if (code === "ENOENT") return "was not found";
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `printed more than ${LONGEST_TEXT} bytes`;
  return `could not be run to its end (${code})`;
}

/** What it printed is never shown, because it may be the key. */
function failed(program: string, reason: string, stderr: string): DomainError {
  const told = visible(redactText(stderr.trim().slice(0, LONGEST_SHOWN)));
  return new DomainError(
    "StoreUnavailable",
    `secretKeyCommand: ${visible(program)} ${reason}${told === "" ? "" : ` and said: ${told}`}; it has to print 32 bytes in base64 and end with 0`,
    { parameter: "secretKeyCommand" },
  );
}
