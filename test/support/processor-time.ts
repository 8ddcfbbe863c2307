/**
 * How many ms of the processor this thread needs for the work. Unlike the time that passes, it does not grow because other
 * processes use the machine.
 */
export function processorTimeOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
