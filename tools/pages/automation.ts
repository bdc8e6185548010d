import { keyWindowMs } from '../../apps/gateway/api/key-limit.ts';
import { apiBodyBytesMax } from '../../apps/gateway/api/plugin.ts';
import { eventStream } from '../../apps/gateway/events/stream-route.ts';
import { apiRoutes } from '../../apps/gateway/api/routes/index.ts';
import type { ApiRoute } from '../../apps/gateway/api/route.ts';
import { variables } from '../../shared/config/schema.ts';
import { scopes, type Scope } from '../../shared/domain/scopes.ts';
import { errorCatalogue, type ErrorCode } from '../../shared/errors/catalogue.ts';
import { coverageSection } from './automation-coverage.ts';
import { code, table } from './markdown.ts';

/** What this page reads of a route. None of their handlers is called. */
type Described = Pick<
  ApiRoute,
  | 'method'
  | 'path'
  | 'scope'
  | 'permission'
  | 'tag'
  | 'status'
  | 'summary'
  | 'errors'
  | 'bodyLimitBytes'
>;

const routes: readonly Described[] = [...apiRoutes({} as never), eventStream].filter(
  ({ scope }) => scope !== undefined,
);

/** docs/automation-api.md */
export function automationPage(): string {
  return [
    introduction,
    key(),
    limits(),
    lists,
    writes(),
    claims,
    outage,
    endpoints(),
    coverageSection(routes.map(shortOf)),
  ].join('\n\n');
}

const introduction = `# Automation API

For programs that work on a support desk: they read and answer conversations, keep tickets, visitors,
articles and outbound messages, search what is written for visitors, and hear of what happens. Each has a key of its own, which opens exactly
the scopes it was made with. The same routes serve users with a personal token, by their permissions;
\`/docs\` of a running gateway shows every request and answer.

A program that runs: [examples/support-bot](../examples/support-bot/README.md) claims a conversation,
answers it once and lets go.`;

function key(): string {
  const byScope = scopes.map((scope) => [code(scope), opens(scope)]);
  const refusals: readonly [string, ErrorCode][] = [
    ['no `Authorization: Bearer …`, a text that is no key, an unknown key', 'unauthenticated'],
    ['the key is disabled', 'credential_disabled'],
    ['the key has expired', 'credential_expired'],
    ['the tenant’s automation is switched off', 'automation_disabled'],
    ['the key lacks the scope of the route, which `message` names', 'scope_missing'],
    ['one of the limits below is used up', 'too_many_requests'],
  ];
  return `## A key

An administrator makes one, with the API (\`POST /api/v1/credentials\`) or the command line:

\`\`\`
npx tidegate credentials create --name "Night shift" --actor "Night bot" --full-access
\`\`\`

The secret, \`osk_\` and 48 letters and digits, is shown once; only its SHA-256 is kept. Send it with every
request as \`Authorization: Bearer osk_…\`. Rotating gives another secret, and disabling takes the key out:
both count from the next request on. Scopes are fixed when a key is made, and there is no wildcard. One that
has expired is neither enabled nor rotated. Removing a key ends its claims; what it wrote stays.

A key is the tenant's and nobody's: where endpoints belong to users, it has those that belong to no user, up
to 50, and sees none of theirs. Bodies of deliveries are shown to administrators only, not to keys.

A request is judged in this order, and the first fault is the answer:

${table(
  ['what is wrong', 'answer'],
  refusals.map(([what, error]) => [what, `${errorCatalogue[error].status} ${code(error)}`]),
)}

${table(['scope', 'opens'], byScope)}`;
}

const opens = (scope: Scope): string =>
  routes
    .filter((route) => route.scope === scope)
    .map((route) => code(shortOf(route)))
    .join(', ');

const shortOf = ({ method, path }: Described): string => `${method} ${path.replace('/api/v1', '')}`;

function limits(): string {
  const key = variables.TIDEGATE_KEY_REQUESTS_PER_MINUTE.parse(undefined);
  const tenant = variables.TIDEGATE_TENANT_REQUESTS_PER_MINUTE.parse(undefined);
  const seconds = keyWindowMs / 1_000;
  return `## Limits

- ${key} requests of a key and ${tenant} of all keys of a tenant in ${seconds} s, unless the operator sets
  \`TIDEGATE_KEY_REQUESTS_PER_MINUTE\` or \`TIDEGATE_TENANT_REQUESTS_PER_MINUTE\`. A window begins with its first
  request. Both are looked at before either is used up: what one limit refuses leaves the other alone.
- Every answer to a counted request says where you stand:
  \`RateLimit-Policy: "key";q=${key};w=${seconds}, "tenant";q=${tenant};w=${seconds}\` and
  \`RateLimit: "key";r=59;t=60, "tenant";r=118;t=41\` (left, and seconds until the window ends). A refusal is
  429 with \`Retry-After\` in whole seconds. A limit of 0 is none, and is not named.
- ${bodies()} Lists hold at most 100 rows a page.`;
}

const kibibytes = (bytes: number): string =>
  `${Math.round(bytes / 1_024).toLocaleString('en')} KiB`;

/** What a body may hold, with every route that takes another size than most. */
function bodies(): string {
  const larger = routes
    .filter(({ bodyLimitBytes }) => bodyLimitBytes !== undefined)
    .map((route) => `${code(shortOf(route))} ${kibibytes(route.bodyLimitBytes ?? 0)}`);
  return `A body holds at most ${kibibytes(apiBodyBytesMax)}; larger ones are taken by ${larger.join(', ')}.`;
}

const lists = `## Lists

\`{ "data": […], "nextCursor": "…", "hasMore": true }\`, newest first; messages and comments oldest first. \`limit\`
is 1 to 100, and 20 when absent. Pass \`nextCursor\` as \`cursor\`, unchanged, for the next page: however many
rows share a moment, each comes exactly once, and rows that are added meanwhile do not move the others.
\`updatedSince\` (ISO 8601, or milliseconds since 1970) leaves out that very moment and what is older. A
resource shows its moments to the millisecond and is sorted by exactly those.`;

function writes(): string {
  const rows: readonly [string, ErrorCode][] = [
    ['the body has not the documented form', 'validation_failed'],
    [
      'an id names nothing of this tenant, be it the addressed one or one that the body refers to',
      'not_found',
    ],
    ['the same `Idempotency-Key` came with another body', 'idempotency_mismatch'],
    ['the first request with that key is still running', 'idempotency_in_progress'],
  ];
  return `## Writes

Every write takes an \`Idempotency-Key\`, remembered for 24 hours, each credential's apart: a repeat gets the
first answer (with \`Idempotency-Replayed: true\`) and changes nothing. Sending a message and recording what a
visitor wrote answer 201 at first and 200 to repeats. A write, its event and its audit entry are one transaction.

${table(
  ['what is wrong', 'answer'],
  rows.map(([what, error]) => [what, `${errorCatalogue[error].status} ${code(error)}`]),
)}

State conflicts answer 409 with a code of their own; [errors.md](errors.md) says what to do about each.`;
}

const claims = `## Claims

A claim makes a conversation one key's for 300 s: nobody else sends to it, and the built-in assistant keeps
still.

\`\`\`
          claim                      release ──▶ released   (the assignee is cleared)
  none ──────────▶ active ──────────▶ escalate ─▶ escalated  (the conversation is handed off to people)
                  ▲     │             the lease runs out ─▶ expired
                  └─────┘ claim again by the same key, or a message sent
\`\`\`

- Only an open conversation can be claimed. Of many who try at once one wins; the others get 409.
- Sending needs the live claim of the sending key, checked in the transaction of the message, and extends it
  to 300 s from then. A program that may have been paused sends its \`claimId\` along: it is refused once
  another claim has been made, even one by the same key.
- People take over with \`POST /conversations/claim/end\`, which is for users with \`conversations.write\`.
- While no worker can be reached, claiming answers 503 and nothing is claimed.`;

const outage = `## After an outage

Events are told by webhooks, by the live stream and by the feed, under one id; lists tell what changed since a
moment. [reconciliation.md](reconciliation.md) says how a program catches up without gaps or repeats.`;

function endpoints(): string {
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const sections = tags.map((tag) => {
    const rows = routes
      .filter((route) => route.tag === tag)
      .map((route) => [
        code(shortOf(route)),
        code(route.scope ?? ''),
        route.permission === 'none' ? 'none' : code(route.permission),
        `${route.status}`,
        route.summary,
        ownErrors(route),
      ]);
    const head = [
      'route, under /api/v1',
      'scope',
      'permission',
      'answers',
      'what it does',
      'refuses',
    ];
    return `### ${tag}\n\n${table(head, rows)}`;
  });
  return `## Endpoints\n\nThe permission is what a user needs for the same route; none: it is for keys only.\n\n${sections.join('\n\n')}`;
}

const ownErrors = ({ errors = [] }: Described): string =>
  [...new Set(errors)]
    .filter((error) => error !== 'cursor_invalid')
    .map(code)
    .join(', ');
