import { EXIT } from "./exit-codes.ts";
import { complain, onWriteErrors } from "./output.ts";

/** The error codes of a stream that nobody reads any more: a closed pipe, a closed connection, a terminal that is gone. */
const NOBODY_READS = new Set(["EPIPE", "ECONNRESET", "EIO"]);

/**
 * Ends this process without a message when the reader of its output has left, as `head` does after its last line. The exit
 * code is the one that is known at that moment, else 0.
 */
export function endWithReaders(): void {
  onWriteErrors((error) => {
    if (!NOBODY_READS.has(error.code ?? "")) sayUnwritten(error);
    process.exit();
  });
}

/** For the server, which continues when nobody reads its output. */
export function outliveReaders(): void {
  onWriteErrors(() => {});
}

/**
 * Marks that the exit code will be the result and is not known yet. If the reader leaves before, the process ends with a
 * code that stands for no end of a task.
 */
export function answerByExitCode(): void {
  process.exitCode = EXIT.readerLeft;
}

function sayUnwritten({ message }: Error): void {
  process.exitCode = EXIT.error;
  complain(`the output cannot be written (${message}); it is not complete`);
}
