/**
 * For a process whose parent tells it what to do: carries out each order that comes as a message, and sends back what
 * came of it. The process ends when an order fails, or when the parent has gone.
 */
export function carryOutOrders<Order>(carryOut: (order: Order) => Promise<unknown>): void {
  process.on("message", (order: Order) => {
    carryOut(order).then(
      (found) => process.send?.(found),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  });
  process.on("disconnect", () => process.exit(0));
}
