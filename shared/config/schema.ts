import { z } from 'zod';
import { parseKeyRing } from '../crypto/key-ring.ts';

/** Extra facts about a variable that the generated reference page shows. */
type VariableMeta = {
  readonly description: string;
  /** Never logged; may also be given as a file through `<NAME>_FILE`. */
  readonly isSecret?: boolean;
};

const about = (description: string, isSecret = false): VariableMeta => ({ description, isSecret });

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(3_600_000);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** Every variable that Tidegate reads, with its default and what it is for. */
export const variables = {
  DATABASE_URL: postgresUrl.meta(
    about('Postgres connection of gateway and worker, as the role tidegate_app.', true),
  ),
  TIDEGATE_MASTER_KEYS: z
    .string()
    .transform((text, context) => {
      try {
        return parseKeyRing(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    })
    .meta(
      about(
        'Master keys as `id:base64` (32 bytes each), separated by commas. The first one seals, all of them open.',
        true,
      ),
    ),
  TIDEGATE_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .meta(about('Address the gateway listens on.')),
  TIDEGATE_PORT: port.default(8080).meta(about('Port the gateway listens on; 0 picks a free one.')),
  TIDEGATE_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean),
    )
    .meta(
      about(
        'Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed, separated by commas. Empty: the peer of the socket is the client.',
      ),
    ),
  TIDEGATE_BODY_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(5_242_880)
    .default(1_048_576)
    .meta(about('Largest body the receiver takes, in bytes. Larger ones answer 413.')),
  TIDEGATE_DATABASE_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(2)
    .max(500)
    .default(20)
    .meta(about('Most Postgres connections one process opens.')),
  TIDEGATE_EVALUATORS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .meta(about('Child processes that evaluate JSONata, per process.')),
  TIDEGATE_INBOUND_WORKER: flag
    .default(true)
    .meta(
      about('Whether the gateway also runs the workflows of the requests it accepts. Fastest.'),
    ),
  TIDEGATE_START_BUDGET_MS: milliseconds
    .default(200)
    .meta(about('Longest the gateway waits for Temporal to take a workflow, in milliseconds.')),
  TIDEGATE_OUTCOME_WAIT_MS: milliseconds
    .default(10_000)
    .meta(about('Longest a sender waits for the outcome of its request, in milliseconds.')),
  TIDEGATE_SWEEP_INTERVAL_MS: milliseconds
    .default(1_000)
    .meta(
      about(
        'Pause between two looks for accepted deliveries that nobody started, in milliseconds.',
      ),
    ),
  TIDEGATE_START_GRACE_MS: milliseconds
    .default(5_000)
    .meta(about('Age at which an accepted delivery counts as not started, in milliseconds.')),
  TIDEGATE_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .meta(about('Least severe log lines that are written.')),
  TIDEGATE_TASK_QUEUE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default('tidegate')
    .meta(
      about(
        'Prefix of the Temporal task queues. Installations that share a namespace need different ones.',
      ),
    ),
  TIDEGATE_WORKFLOW_BUNDLE: z
    .string()
    .optional()
    .meta(about('File with the pre-built workflow bundle. Absent: it is built at start.')),
} satisfies Record<string, z.ZodType>;

export const configSchema = z.object(variables);
export type Config = z.output<typeof configSchema>;
