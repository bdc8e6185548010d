import { z } from 'zod';
import type { ErrorCode } from '../../../shared/errors/catalogue.ts';
import { problemForm, type ErrorForm } from './error-form.ts';
import type { ApiRoute } from './route.ts';

/** The part of a route that its documentation is made from. */
type DocumentedRoute = Omit<ApiRoute, 'handle' | 'permission'> & { readonly permission: string };

/** What a route that automation credentials may call can answer to them. */
const keyErrors: readonly ErrorCode[] = [
  'scope_missing',
  'credential_disabled',
  'credential_expired',
  'automation_disabled',
];

/** What any route can answer besides its own refusals. */
const commonErrors: readonly ErrorCode[] = [
  'unauthenticated',
  'too_many_requests',
  'unavailable',
  'internal',
];
const mutationErrors: readonly ErrorCode[] = [
  'idempotency_key_invalid',
  'idempotency_in_progress',
  'idempotency_mismatch',
  'payload_too_large',
  'unsupported_media_type',
];
const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe('1 to 255 visible characters. A repeat within 24 hours gets the first answer.')
    // Documented here and judged by `readIdempotencyKey`, whose refusal has a code of its own.
    .meta({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' }),
});

/** The Fastify schema of a route, which also becomes its entry in the OpenAPI document. */
export function schemaOf(
  route: DocumentedRoute,
  form: ErrorForm = problemForm,
): Record<string, unknown> {
  const errors = [
    ...commonErrors,
    'token_expired' as const,
    ...(route.permission === 'member' ? [] : (['permission_missing'] as const)),
    ...(route.scope === undefined ? [] : keyErrors),
    ...(route.path.includes(':') ? (['not_found'] as const) : []),
    ...(route.body || route.query || route.params ? (['validation_failed'] as const) : []),
    ...(route.method !== 'GET' ? mutationErrors : []),
    ...(route.errors ?? []),
  ];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...descriptionOf(route),
    security: securityOf(route),
    ...(route.scope === undefined ? {} : { 'x-scope': route.scope }),
    ...(route.params && { params: route.params }),
    ...(route.query && { querystring: route.query }),
    ...(route.body && { body: route.body }),
    ...(route.method !== 'GET' && { headers: idempotencyHeader }),
    response: {
      [route.status]: successResponse(route),
      ...(route.repeatStatus && {
        [route.repeatStatus]: {
          ...(successResponse(route) as object),
          description: 'A repeat of the same Idempotency-Key: the first answer',
        },
      }),
      ...errorResponses(errors, form),
    },
  };
}

/** OpenAPI names scopes for OAuth only, so the text says which one a credential needs. */
function descriptionOf({ description, scope }: DocumentedRoute): { description?: string } {
  const needed = scope === undefined ? [] : [`Automation credentials need the scope \`${scope}\`.`];
  const parts = [...(description === undefined ? [] : [description]), ...needed];
  return parts.length === 0 ? {} : { description: parts.join(' ') };
}

function securityOf({ permission, scope }: DocumentedRoute): Record<string, string[]>[] {
  return [
    ...(permission === 'none' ? [] : [{ token: [] }]),
    ...(scope === undefined ? [] : [{ key: [] }]),
  ];
}

const successes = {
  200: 'Done',
  201: 'Made',
  202: 'Taken, and not done yet',
  204: 'Done',
} as const;

function successResponse({ status, response }: DocumentedRoute): unknown {
  if (response === undefined) return z.undefined().describe(successes[status]);
  return { description: successes[status], content: { 'application/json': { schema: response } } };
}

/** One documented response a status, naming the codes that come with it. */
function errorResponses(codes: readonly ErrorCode[], form: ErrorForm): Record<number, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const status = form.statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: [...new Set(list.map((code) => form.describe(code)))].join('. '),
        content: { [form.mediaType]: { schema: form.schema } },
      },
    ]),
  );
}
