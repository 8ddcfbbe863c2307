import { Agent, request } from "node:http";
import { freePort } from "../load/ports.ts";
import { type Driver, INPUT, STEPS } from "./driver.ts";
import { load } from "./install.ts";

interface Context {
  run(name: string, action: () => Promise<void>): Promise<void>;
}

interface RestateSdk {
  service(definition: object): object;
  serve(settings: object): Promise<number>;
}

export interface RestateOptions {
  readonly installed: string;
  readonly port: number;
  readonly adminPort: number;
}

/** A service handler with four `ctx.run`. Each submitter calls it over its own connection to the ingress. */
export async function openRestate(options: RestateOptions): Promise<Driver> {
  const { service, serve } = await load<RestateSdk>(options.installed, "@restatedev/restate-sdk");
  const task = service({
    name: "task",
    handlers: {
      run: async (context: Context) => {
        for (const step of STEPS) await context.run(step, async () => {});
      },
    },
  });
  const port = await freePort();
  await serve({ services: [task], port });
  await post(options.adminPort, "/deployments", { uri: `http://127.0.0.1:${port}` });
  return {
    run: () => post(options.port, "/task/run", INPUT),
    close: async () => agent.destroy(),
  };
}

const agent = new Agent({ keepAlive: true });

function post(port: number, path: string, body: object): Promise<void> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ agent, host: "127.0.0.1", port, path, method: "POST" },
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
      },
      (response) => {
        response.resume();
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve();
          else reject(new Error(`Restate answered ${statusCode} on ${path}`));
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
