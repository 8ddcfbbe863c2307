import { EXIT } from "./exit-codes.ts";

/** What a stream says when nobody reads it any more: a closed pipe, a closed connection, a terminal that is gone. */
const NOBODY_READS = new Set(["EPIPE", "ECONNRESET", "EIO"]);

/**
 * Ends this process quietly when whoever reads its output has left, as `head` does when it has seen enough. It ends with
 * the exit code that is known by then, else with 0.
 */
export function endWithReaders(): void {
  onWriteErrors((error) => {
    if (!NOBODY_READS.has(error.code ?? "")) sayUnwritten(error);
    process.exit();
  });
}

/** For the server: its work goes on, whoever reads what it prints. */
export function outliveReaders(): void {
  onWriteErrors(() => {});
}

/**
 * Says that the exit code will be the answer, and is not known yet: whoever leaves before gets a code that stands for
 * no end of a task.
 */
export function answerByExitCode(): void {
  process.exitCode = EXIT.readerLeft;
}

function onWriteErrors(listener: (error: NodeJS.ErrnoException) => void): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", listener);
}

function sayUnwritten({ message }: Error): void {
  process.exitCode = EXIT.error;
  process.stderr.write(
    `taskscribe: the output cannot be written (${message}); it is not complete\n`,
  );
}
