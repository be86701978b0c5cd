import { z } from "zod";

/** How a script does at the node that was asked, since its app started. */
export const scriptLogSchema = z.object({
  name: z.string(),
  answered: z.int(),
  failed: z.int(),
  /** The newest failure, in words. */
  failure: z.string().optional(),
  /** Not run for some seconds, because it failed again and again. */
  resting: z.boolean(),
  /** The newest lines that it logged. */
  lines: z.array(z.object({ at: z.string(), call: z.string(), text: z.string() })),
});
