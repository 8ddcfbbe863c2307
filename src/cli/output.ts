/** Results go to standard output, everything else to standard error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints one line that says what is wrong. At log level debug it also prints the stack. */
export function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`taskscribe: ${message}\n`);
  if (process.env["TASKSCRIBE_LOG_LEVEL"] === "debug" && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
}
