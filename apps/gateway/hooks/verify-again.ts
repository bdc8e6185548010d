import type { z } from 'zod';
import { openHookSecrets } from '../../../shared/crypto/hook-secrets.ts';
import { listHookSecrets } from '../../../shared/db/queries/hook-secrets.ts';
import type { Hook } from '../../../shared/db/queries/hooks.ts';
import type { StoredDelivery } from '../../../shared/db/queries/inbound-delivery-log.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type {
  verificationSchema,
  verifyRequestSchema,
} from '../../../shared/schemas/hook-tools-api.ts';
import { checksOf, type Verifier } from '../../../shared/schemas/verifier.ts';
import { explainSignature } from '../../../shared/verification/explain.ts';
import type { VerifiableRequest, VerificationKey } from '../../../shared/verification/types.ts';
import { verifyRequest } from '../../../shared/verification/verify.ts';
import type { ResolvedAuth } from '../../../shared/presets/hook-auth.ts';
import { secretsBySlot } from './hook-keys.ts';
import { changedAuth, requireAuth } from './save-hook.ts';
import type { HookServices } from './services.ts';

type Candidate = z.output<typeof verifyRequestSchema>;
type VerificationView = z.output<typeof verificationSchema>;

/**
 * Judges a stored request again, as at the moment it came in: with the hook's own verifier and keys,
 * or with those of a candidate. Throws `delivery_not_replayable` where there is no whole body.
 */
export async function verifyAgain(
  services: HookServices,
  tx: TenantTx,
  hook: Hook,
  delivery: StoredDelivery,
  candidate: Candidate,
): Promise<VerificationView> {
  if (delivery.body === null || delivery.bodyTruncatedAt !== null) {
    throw new TidegateError('delivery_not_replayable');
  }
  const auth = requireAuth(changedAuth(hook.auth, candidate));
  const { verifier } = auth;
  const keys = await keysOf(services, tx, hook, auth, candidate);
  const request = storedRequest(services.publicUrl(), delivery, delivery.body);
  const input = { verifier, request, keys, nowMs: delivery.receivedAt.getTime() };
  const verification = verifyRequest(input);
  return {
    ok: verification.ok,
    refusal: verification.ok ? null : verification.refusal,
    transcript: verification.transcript.map((step) => ({ ...step })),
    findings: verification.ok ? [] : explainSignature(input).map((finding) => ({ ...finding })),
    notes: blindSpots(verifier),
  };
}

async function keysOf(
  services: HookServices,
  tx: TenantTx,
  hook: Hook,
  auth: ResolvedAuth,
  candidate: Candidate,
): Promise<readonly VerificationKey[]> {
  const given = secretsBySlot(auth, candidate);
  if (given.size > 0) {
    return [...given].map(([slot, text]) => ({
      id: `candidate ${slot}`,
      slot,
      material: Buffer.from(text),
    }));
  }
  return openHookSecrets(services.vault, tx, await listHookSecrets(tx, hook.id));
}

/** The request as far as it is stored: without credentials, each header once. */
function storedRequest(
  publicUrl: string,
  delivery: StoredDelivery,
  body: Buffer,
): VerifiableRequest {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(delivery.query)) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  const asMap = (entries: Iterable<[string, string]>): Map<string, string[]> => {
    const map = new Map<string, string[]>();
    for (const [name, value] of entries) map.set(name, [...(map.get(name) ?? []), value]);
    return map;
  };
  return {
    method: delivery.method,
    url: publicUrl + delivery.path + search,
    path: delivery.path,
    query: asMap(query),
    headers: asMap(Object.entries(delivery.headers)),
    body,
    clientIp: delivery.sourceIp,
  };
}

function blindSpots(verifier: Verifier): string[] {
  const isStatic = checksOf(verifier).some(({ scheme }) => scheme === 'static');
  return isStatic ? ['Tokens are not stored with deliveries, so they cannot be judged again.'] : [];
}
