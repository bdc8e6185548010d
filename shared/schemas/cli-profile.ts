import { z } from 'zod';

/**
 * What the launcher leaves for the command line while a local stack runs: where the gateway is and
 * what opens it. The file is readable by its owner only.
 */
export const cliProfileSchema = z.strictObject({
  url: z.url(),
  token: z.string(),
  operatorToken: z.string(),
  /** By slug: the secrets of the demo's hooks, so that requests to them can be signed. */
  hookSecrets: z.record(z.string(), z.string()),
});
export type CliProfile = z.infer<typeof cliProfileSchema>;

/** Its name in the data folder. */
export const cliProfileFile = 'cli.json';
