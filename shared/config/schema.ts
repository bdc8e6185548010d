import { z } from 'zod';
import { parseKeyRing } from '../crypto/key-ring.ts';
import { parseAllowedRanges, parseExemptUrls, parsePorts } from '../egress/policy-text.ts';
import { defaultFieldCpuMs, defaultKeyCpuMs } from '../evaluator/limits.ts';

/** Extra facts about a variable that the generated reference page shows. */
type VariableMeta = {
  readonly description: string;
  /** Never logged; may also be given as a file through `<NAME>_FILE`. */
  readonly isSecret?: boolean;
};

const about = (description: string, isSecret = false): VariableMeta => ({ description, isSecret });

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(3_600_000);
const cpuBudget = z.coerce.number().int().min(5).max(1_000);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const quota = z.coerce.number().int().min(0).max(1_000_000);
const days = z.coerce.number().int().min(1).max(3_650);
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** A text that `parse` reads; what it throws is the fault. `fallback` is the text when there is none. */
function readBy<Value>(parse: (text: string) => Value, fallback?: string) {
  const given = fallback === undefined ? z.string() : z.string().default(fallback);
  return given.transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** Every variable that a gateway or a worker reads, with its default and what it is for. */
export const variables = {
  DATABASE_URL: postgresUrl.meta(
    about('Postgres connection of gateway and worker, as the role tidegate_app.', true),
  ),
  TIDEGATE_MASTER_KEYS: readBy(parseKeyRing).meta(
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
  TIDEGATE_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta(
      about(
        'The address senders reach the gateway by, without a path. Senders that sign the address need it to be exact. Absent: the address the gateway listens on.',
      ),
    ),
  TIDEGATE_OPERATOR_TOKEN: z
    .string()
    .min(32)
    .optional()
    .meta(
      about(
        'Bearer token of the operator, who makes tenants; at least 32 characters. Absent: tenants cannot be made over the API.',
        true,
      ),
    ),
  TIDEGATE_TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta(about('Address of the Temporal UI, for links to runs. Absent: no links.')),
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
    .meta(
      about(
        'Largest body the receiver takes for hooks without a limit of their own, in bytes. Larger ones answer 413.',
      ),
    ),
  TIDEGATE_REQUEST_TIMEOUT_MS: milliseconds
    .default(30_000)
    .meta(
      about('Longest a sender may take to send its request, in milliseconds. Then it gets a 408.'),
    ),
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
    .optional()
    .meta(
      about(
        'Child processes that evaluate JSONata, per process. Absent: one for each processor but one, at least one, and one to spare. One tenant uses all but one of them at most.',
      ),
    ),
  TIDEGATE_EVALUATOR_ISOLATION: z
    .enum(['shared', 'tenant'])
    .default('shared')
    .meta(
      about(
        'Whether the child processes serve all tenants in turn, or one tenant each until they are replaced. The second costs the start of a process whenever the tenant changes.',
      ),
    ),
  TIDEGATE_MAPPING_FIELD_CPU_MS: cpuBudget
    .default(defaultFieldCpuMs)
    .meta(about('Processor time that the expression of one field may use, in milliseconds.')),
  TIDEGATE_MAPPING_KEY_CPU_MS: cpuBudget
    .default(defaultKeyCpuMs)
    .meta(
      about('Processor time that the expression of an idempotency key may use, in milliseconds.'),
    ),
  TIDEGATE_INBOUND_WORKER: flag
    .default(true)
    .meta(
      about(
        'Whether the gateway also serves the task queues: fastest, and one process is a whole installation. With `false`, workers must run.',
      ),
    ),
  TIDEGATE_FAN_OUT: flag
    .default(true)
    .meta(
      about(
        'Whether new events go out to endpoints. With `false` they are recorded only, and deliveries that exist are still made.',
      ),
    ),
  TIDEGATE_HANDLER_WORKER: flag
    .default(true)
    .meta(about('Whether the gateway also runs the handler workflows of TIDEGATE_EXTENSIONS.')),
  TIDEGATE_EXTENSIONS: z
    .string()
    .optional()
    .meta(
      about('Folder with actions/*.ts and workflows/*.ts to add to the catalogue. Absent: none.'),
    ),
  TIDEGATE_START_BUDGET_MS: milliseconds
    .default(200)
    .meta(about('Longest the gateway waits for Temporal to take a workflow, in milliseconds.')),
  TIDEGATE_CLAIM_BUDGET_MS: milliseconds
    .default(4_000)
    .meta(
      about(
        'Longest a claim of a conversation may take to be granted, in milliseconds; then it is refused with a 503 and never granted.',
      ),
    ),
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
  TIDEGATE_WORKER_HEALTH_PORT: port
    .default(8081)
    .meta(
      about('Port on TIDEGATE_HOST where a worker answers for its health; 0 picks a free one.'),
    ),
  TIDEGATE_METRICS_PORT: port
    .optional()
    .meta(
      about(
        'Port on TIDEGATE_HOST where a gateway or worker serves `/metrics` for Prometheus; 0 picks a free one. Absent: none.',
      ),
    ),
  TIDEGATE_BODY_RETENTION_DAYS: days
    .default(30)
    .meta(about('Days after which stored bodies are cut to their first 1,024 bytes.')),
  TIDEGATE_REJECTED_RETENTION_DAYS: days
    .default(7)
    .meta(about('Days after which requests that were not let in are deleted.')),
  TIDEGATE_WORKFLOW_RETENTION_DAYS: days
    .min(31)
    .default(35)
    .meta(
      about(
        'Days that Temporal keeps a run after its end. More than 30, the longest window of an idempotency key, so that the engine refuses a second run for as long as the database does.',
      ),
    ),
  TIDEGATE_EGRESS_ALLOW_HTTP: flag
    .default(false)
    .meta(about('Whether endpoints may be reached over http too, at port 80.')),
  TIDEGATE_EGRESS_PORTS: readBy(parsePorts, '').meta(
    about('Ports at which endpoints may be reached besides 443, separated by commas. Empty: none.'),
  ),
  TIDEGATE_EGRESS_EXEMPT_URLS: readBy(parseExemptUrls, '').meta(
    about(
      'URLs of endpoints that pass without any check of name, port or address, separated by blanks. The whole URL must be equal. Empty: none.',
      true,
    ),
  ),
  TIDEGATE_EGRESS_ALLOW_LOOPBACK: flag
    .default(false)
    .meta(
      about(
        'For development: whether endpoints may be on this machine, as localhost, 127.0.0.1 or [::1], at any port.',
      ),
    ),
  TIDEGATE_EGRESS_ALLOW_RANGES: readBy(parseAllowedRanges, '').meta(
    about(
      'Addresses that are not public and to which names of endpoints may lead all the same, as `CIDR:port`, separated by commas. Empty: none.',
    ),
  ),
  TIDEGATE_EVENT_RETENTION_DAYS: days
    .default(30)
    .meta(
      about('Days after which events and traces of the assistant are deleted. Deliveries stay.'),
    ),
  TIDEGATE_DELIVERY_RETENTION_DAYS: days
    .default(90)
    .meta(
      about(
        'Days after which outbound deliveries are deleted, counted from their end. One that is still open at that age, held by a paused or disabled endpoint, ends as failed.',
      ),
    ),
  TIDEGATE_SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .meta(
      about(
        'Mail server, as smtp:// or smtps:// with user and password. Owners are told by mail when their endpoint is disabled automatically. Absent: no mail is sent.',
        true,
      ),
    ),
  TIDEGATE_SMTP_FROM: z
    .string()
    .min(3)
    .max(320)
    .default('Tidegate <tidegate@localhost>')
    .meta(about('Sender of mails.')),
  TIDEGATE_KEY_REQUESTS_PER_MINUTE: quota
    .default(60)
    .meta(
      about(
        'Requests that one automation credential may make within a minute, over all gateways; further ones answer 429. 0: no limit. The same for all gateways.',
      ),
    ),
  TIDEGATE_TENANT_REQUESTS_PER_MINUTE: quota
    .default(120)
    .meta(
      about(
        'Requests that all automation credentials of a tenant together may make within a minute, over all gateways; further ones answer 429. 0: no limit. The same for all gateways.',
      ),
    ),
  TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: quota
    .default(100)
    .meta(
      about(
        'Requests that one address may make to the API within a minute, at each gateway; further ones answer 429. The receiver is not counted. Many users behind one address need more; 0: no limit.',
      ),
    ),
} satisfies Record<string, z.ZodType>;

export type Config = z.output<z.ZodObject<typeof variables>>;

/** What the bootstrap job reads as well. */
export const bootstrapVariables = {
  TIDEGATE_DATABASE_MIGRATOR_URL: postgresUrl.meta(
    about('Postgres connection of the bootstrap job, as the role tidegate_migrator.', true),
  ),
  TIDEGATE_DATABASE_ADMIN_URL: postgresUrl
    .optional()
    .meta(
      about(
        'Connection of an administrator, with which the bootstrap job makes the roles and the database and sets the passwords that the other two connections name. Empty: they exist.',
        true,
      ),
    ),
} satisfies Record<string, z.ZodType>;

export type BootstrapConfig = Config & z.output<z.ZodObject<typeof bootstrapVariables>>;
