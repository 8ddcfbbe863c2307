import { createHash } from "node:crypto";
import { defineConfig, defineTask } from "../../src/index.ts";

/** A task that keeps secrets over its whole life, and tells what it was given by a digest alone. */
const login = defineTask({
  type: "login",
  input: { type: "object", properties: { pin: { type: "string", writeOnly: true } } },
  steps: {
    async ask(input, { approval, output, message }) {
      message(`asks for ${input["pin"]}`);
      output("session", { token: `session-${input["password"]}` });
      await approval({ question: `let ${input["password"]} in?` });
    },
    async tell(input, { outputs }) {
      const { token } = outputs["session"] as { token: string };
      const seen = JSON.stringify([input["password"], input["pin"], token]);
      return { digest: createHash("sha256").update(seen).digest("hex") };
    },
  },
});

/** One that fails with its secret in everything it says. */
const spill = defineTask({
  type: "spill",
  retry: { maxAttempts: 1 },
  steps: {
    async only(input, { notice }) {
      notice({ action: "login", reason: `${input["password"]}`, message: JSON.stringify(input) });
      throw new Error(`could not log in with ${input["password"]}`);
    },
  },
});

export default defineConfig({ types: [login, spill] });
