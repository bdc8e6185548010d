import { touchAutomationCredential } from '../../../shared/db/queries/automation-credentials.ts';
import {
  countKeyRequest,
  type KeyCount,
} from '../../../shared/db/queries/automation-rate-windows.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { Authenticated } from './authenticate.ts';
import type { KeyCaller } from './caller.ts';

/** How long a window lasts. It begins with its first request. */
export const keyWindowMs = 60_000;
/** What the database is told for no limit; it counts in an `integer`. */
const unlimited = 2_147_483_647;

/** Requests in a window (S-106); 0: as many as are asked. */
export interface KeyQuotas {
  /** Of one credential. */
  readonly key: number;
  /** Of all credentials of a tenant together. */
  readonly tenant: number;
}

/** The answer to a counted request carries these, whether it passed or not; none without a limit. */
export interface RateHeaders {
  readonly 'ratelimit-policy'?: string;
  readonly ratelimit?: string;
}

export interface Admission {
  readonly headers: RateHeaders;
  /** Set when the request is one too many. */
  readonly refusal: TidegateError | undefined;
}

/** Counts a request of a credential, and notes that it was used. */
export type AdmitKey = (request: Authenticated<KeyCaller>) => Promise<Admission>;

export function makeAdmitKey(deps: {
  readonly withTenant: WithTenant;
  readonly quotas: KeyQuotas;
}): AdmitKey {
  const { withTenant, quotas } = deps;
  const isCounted = quotas.key > 0 || quotas.tenant > 0;
  const limits = {
    keyMax: quotas.key || unlimited,
    tenantMax: quotas.tenant || unlimited,
    windowMs: keyWindowMs,
  };
  return async ({ caller: { tenantId, credentialId }, isTouchDue }) => {
    if (!isCounted && !isTouchDue) return { headers: {}, refusal: undefined };
    // Apart from the request itself: one that is rolled back was made all the same.
    return withTenant(tenantId, async (tx) => {
      const admission = isCounted
        ? admissionOf(quotas, await countKeyRequest(tx, credentialId, limits))
        : { headers: {}, refusal: undefined };
      const isUsed = admission.refusal === undefined;
      if (isUsed && isTouchDue) await touchAutomationCredential(tx, credentialId);
      return admission;
    });
  };
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/**
 * Headers as draft-ietf-httpapi-ratelimit-headers has them since its version 08, structured lists of a
 * policy's name with quota `q` and window `w`, and with what is left (`r`) for how many seconds (`t`).
 */
function admissionOf(quotas: KeyQuotas, count: KeyCount): Admission {
  const { keyLeft, tenantLeft, keyEndsInMs, tenantEndsInMs } = count;
  const policies = [
    { name: 'key', quota: quotas.key, left: keyLeft, endsInMs: keyEndsInMs },
    { name: 'tenant', quota: quotas.tenant, left: tenantLeft, endsInMs: tenantEndsInMs },
  ].filter(({ quota }) => quota > 0);
  const headers = {
    'ratelimit-policy': policies
      .map(({ name, quota }) => `"${name}";q=${quota};w=${keyWindowMs / 1_000}`)
      .join(', '),
    ratelimit: policies
      .map(({ name, left, endsInMs }) => `"${name}";r=${left};t=${seconds(endsInMs)}`)
      .join(', '),
  };
  if (count.isAdmitted) return { headers, refusal: undefined };
  const waits = policies.filter(({ left }) => left <= 0).map(({ endsInMs }) => endsInMs);
  const message =
    keyLeft <= 0
      ? `A credential asks at most ${quotas.key} times a minute.`
      : `All credentials of a tenant together ask at most ${quotas.tenant} times a minute.`;
  const retryAfterSeconds = seconds(Math.max(...waits));
  return {
    headers,
    refusal: new TidegateError('too_many_requests', message, { retryAfterSeconds }),
  };
}
