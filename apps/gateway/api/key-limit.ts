import { touchAutomationCredential } from '../../../shared/db/queries/automation-credentials.ts';
import {
  countKeyRequest,
  type KeyCount,
} from '../../../shared/db/queries/automation-rate-windows.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { Authenticated } from './authenticate.ts';
import type { KeyCaller } from './caller.ts';

/** Requests of one credential, and of all of a tenant, in a window that begins with the first (S-106). */
export const keyLimits = { keyMax: 60, tenantMax: 120, windowMs: 60_000 } as const;

/** The answer to a counted request carries these, whether it passed or not. */
export interface RateHeaders {
  readonly 'ratelimit-policy': string;
  readonly ratelimit: string;
}

export interface Admission {
  readonly headers: RateHeaders;
  /** Set when the request is one too many. */
  readonly refusal: TidegateError | undefined;
}

/** Counts a request of a credential, and notes that it was used. */
export type AdmitKey = (request: Authenticated<KeyCaller>) => Promise<Admission>;

export function makeAdmitKey(deps: { readonly withTenant: WithTenant }): AdmitKey {
  return async ({ caller: { tenantId, credentialId }, isTouchDue }) =>
    // Apart from the request itself: one that is rolled back was made all the same.
    deps.withTenant(tenantId, async (tx) => {
      const admission = admissionOf(await countKeyRequest(tx, credentialId, keyLimits));
      const isUsed = admission.refusal === undefined;
      if (isUsed && isTouchDue) await touchAutomationCredential(tx, credentialId);
      return admission;
    });
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/**
 * Headers as draft-ietf-httpapi-ratelimit-headers has them since its version 08, structured lists of a
 * policy's name with quota `q` and window `w`, and with what is left (`r`) for how many seconds (`t`).
 */
export function admissionOf(count: KeyCount): Admission {
  const { keyMax, tenantMax, windowMs } = keyLimits;
  const { keyLeft, tenantLeft, keyEndsInMs, tenantEndsInMs } = count;
  const headers = {
    'ratelimit-policy': `"key";q=${keyMax};w=${windowMs / 1_000}, "tenant";q=${tenantMax};w=${windowMs / 1_000}`,
    ratelimit: `"key";r=${keyLeft};t=${seconds(keyEndsInMs)}, "tenant";r=${tenantLeft};t=${seconds(tenantEndsInMs)}`,
  };
  if (count.isAdmitted) return { headers, refusal: undefined };
  const waits = [
    ...(keyLeft <= 0 ? [keyEndsInMs] : []),
    ...(tenantLeft <= 0 ? [tenantEndsInMs] : []),
  ];
  const message =
    keyLeft <= 0
      ? `A credential asks at most ${keyMax} times a minute.`
      : `All credentials of a tenant together ask at most ${tenantMax} times a minute.`;
  const retryAfterSeconds = seconds(Math.max(...waits));
  return {
    headers,
    refusal: new TidegateError('too_many_requests', message, { retryAfterSeconds }),
  };
}
