import { createHmac, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ApiAnswer, ApiCaller } from './api.ts';
import type { TestTenant } from './factory.ts';
import { hookBody } from './hook-body.ts';

/** Where hooks are managed. */
export const hooksPath = '/inbound-webhooks';

/** Makes a hook over the API, under a slug of its own. */
export async function createHook(
  api: ApiCaller,
  tenant: TestTenant,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<ApiAnswer> {
  const body = hookBody(tenant, { slug: `h-${randomUUID()}`, ...overrides });
  const answer = await api.post(hooksPath, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer;
}

/** Sends a request to a hook's own address. */
export const sendTo = (
  hook: { readonly url: string },
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(hook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** The header that proves a body to a hook of the type `hmac_sha256`. */
export const signed = (secret: string, body: unknown): Record<string, string> => ({
  'x-signature': createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex'),
});
