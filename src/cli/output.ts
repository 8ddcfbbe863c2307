// The only file of the command line that names the streams of the process: what is printed goes through here or a Screen.
import { visibleLines } from "../visible.ts";

/** Results go to standard output, everything else to standard error. */
export const STANDARD_OUTPUT = process.stdout;
export const STANDARD_ERROR = process.stderr;

/** Prints lines. Characters that could control a terminal are shown as escapes (src/visible.ts). */
export function print(text: string): void {
  STANDARD_OUTPUT.write(`${visibleLines(text)}\n`);
}

/** Prints one line that says what is wrong. At log level debug it also prints the stack. */
export function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  note(`taskscribe: ${message}\n`);
  if (process.env["TASKSCRIBE_LOG_LEVEL"] === "debug" && error instanceof Error) {
    note(`${error.stack}\n`);
  }
}

/** Writes text to standard error, without a line end of its own. */
function note(text: string): void {
  STANDARD_ERROR.write(visibleLines(text));
}

/** Commander prints help and complaints through the one way to print, too. */
export const PRINTED = {
  writeOut: (text: string) => void STANDARD_OUTPUT.write(visibleLines(text)),
  writeErr: note,
};

/** Writes a line that the next one overwrites, on a terminal only. */
export function overwrite(text: string, isLast: boolean): void {
  if (STANDARD_ERROR.isTTY) STANDARD_ERROR.write(`\r${visibleLines(text)}${isLast ? "\n" : ""}`);
}

/** Calls the listener when a stream cannot be written. */
export function onWriteErrors(listener: (error: NodeJS.ErrnoException) => void): void {
  for (const stream of [STANDARD_OUTPUT, STANDARD_ERROR]) stream.on("error", listener);
}

/** Waits until everything that was printed has left the process. */
export async function flushed(): Promise<void> {
  for (const stream of [STANDARD_OUTPUT, STANDARD_ERROR]) {
    await new Promise<unknown>((said) => stream.write("", said));
  }
}
