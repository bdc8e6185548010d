import { toWireId } from '../../../shared/domain/ids.ts';
import { parseRequestBody } from '../../../shared/domain/request-body.ts';
import type { Hook } from '../../../shared/db/queries/hooks.ts';
import type { findSample } from '../../../shared/db/queries/hook-samples.ts';
import type { HookView } from '../../../shared/schemas/hook-api.ts';
import { handlerWarnings } from './check-handler.ts';
import { resolveAuth, slotsOf } from '../../../shared/presets/hook-auth.ts';
import { bodyKind } from './body-kind.ts';
import type { HookServices } from './services.ts';

type FoundSample = Awaited<ReturnType<typeof findSample>>;

/** A hook as the API shows it. Never a secret; a sample only where the caller may see it. */
export function presentHook(
  services: HookServices,
  tenantSlug: string,
  hook: Hook,
  sample?: FoundSample,
): HookView {
  return {
    id: toWireId('hook', hook.id),
    name: hook.name,
    slug: hook.slug,
    description: hook.description,
    url: `${services.publicUrl()}/api/inbound/${tenantSlug}/${hook.slug}`,
    authType: hook.auth.authType,
    authConfig: hook.auth.authConfig,
    idempotencySource: hook.idempotencySource,
    idempotencyWindowSeconds: hook.idempotencyWindowSeconds,
    handlerType: hook.handler.handlerType,
    handlerConfig: hook.handler.handlerConfig,
    responseMode: hook.responseMode,
    languageLevel: hook.languageLevel,
    rateLimitPerMinute: hook.rateLimitPerMinute,
    bodyLimitBytes: hook.bodyLimitBytes,
    isActive: hook.isActive,
    samplePayload: presentSample(hook, sample),
    sampleCaptureExpiresAt: openUntil(hook.sampleCaptureExpiresAt),
    autoDisabledAt: hook.autoDisabledAt?.toISOString() ?? null,
    secretSlots: [...hook.secretSlots],
    warnings: [
      ...keyWarnings(hook),
      ...handlerWarnings(services.actions, services.workflows, hook.handler),
    ],
    createdBy: hook.createdBy,
    createdAt: hook.createdAt.toISOString(),
    updatedAt: hook.updatedAt.toISOString(),
  };
}

/** Slots without a key: nothing is let in while one is missing. */
function keyWarnings(hook: Hook): string[] {
  const auth = resolveAuth(hook.auth);
  if (auth === undefined) return ['This version does not know the preset: nothing is let in.'];
  return slotsOf(auth)
    .filter((slot) => !hook.secretSlots.includes(slot))
    .map((slot) => `The slot ${slot} has no key yet: set it with rotate-secret.`);
}

/** A window that has passed is as good as none. */
function openUntil(moment: Date | null): string | null {
  return moment !== null && moment.getTime() > Date.now() ? moment.toISOString() : null;
}

function presentSample(hook: Hook, sample: FoundSample): HookView['samplePayload'] {
  if (sample === undefined) return null;
  const body = parseRequestBody(sample.body, bodyKind(hook, sample.headers));
  return {
    body: body.ok ? body.value : null,
    headers: { ...sample.headers },
    query: { ...sample.query },
    capturedAt: sample.capturedAt.toISOString(),
  };
}
