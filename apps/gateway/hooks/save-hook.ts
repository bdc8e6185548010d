import { v7 as uuidv7 } from 'uuid';
import { slugFromName } from '../../../shared/domain/hook-slug.ts';
import { parseHookId, type HookId } from '../../../shared/domain/ids.ts';
import { databaseError } from '../../../shared/db/pool.ts';
import {
  hookDefaults,
  insertHook,
  slugConstraint,
  updateHook,
  type Hook,
  type HookSettings,
} from '../../../shared/db/queries/hooks.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { invalid, TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  hookAuthSchema,
  hookHandlerSchema,
  type HookAuth,
  type HookHandler,
} from '../../../shared/schemas/hook.ts';
import type { HookChangeBody, NewHookBody } from '../../../shared/schemas/hook-api.ts';
import { checkHandler } from './check-handler.ts';
import { resolveAuth, slotsOf, type ResolvedAuth } from '../../../shared/presets/hook-auth.ts';
import { dropUnusedSecrets, secretsBySlot, setSecrets } from './hook-keys.ts';
import type { HookServices } from './services.ts';

export interface SavedHook {
  readonly id: HookId;
  /** Secrets that were made or taken now, by slot: shown once. */
  readonly shown: Readonly<Record<string, string>>;
}

/** Makes a hook with its secrets. Throws `validation_failed` or `slug_taken`. */
export async function createHook(
  services: HookServices,
  tx: TenantTx,
  body: NewHookBody,
  createdBy: string,
): Promise<SavedHook> {
  const slug = body.slug ?? slugFromName(body.name);
  if (slug === undefined) throw invalid('/slug', 'No slug can be made from this name: give one.');
  const auth = readAuth(body.authType, body.authConfig ?? {});
  const { authType: _type, authConfig: _config, ...rest } = body;
  const settings: HookSettings = {
    ...hookDefaults,
    ...settingsOf(rest),
    name: body.name,
    slug,
    auth,
    handler: readHandler(body.handlerType, body.handlerConfig),
  };
  const resolved = requireAuth(auth);
  const given = secretsBySlot(resolved, body);
  await checkHandler(services, tx, settings);
  const id = parseHookId(uuidv7());
  await insertHook(tx, id, settings, createdBy).catch(slugTaken);
  const wanted = { slots: slotsOf(resolved), given, graceSeconds: 0 };
  return { id, shown: await setSecrets(services.vault, tx, id, resolved, wanted) };
}

/** Changes the members that the body names, and only those. Throws `validation_failed` or `slug_taken`. */
export async function changeHook(
  services: HookServices,
  tx: TenantTx,
  hook: Hook,
  body: HookChangeBody,
): Promise<SavedHook> {
  const auth = changedAuth(hook.auth, body);
  const handler = changedHandler(hook.handler, body);
  const { slug = hook.slug, name = hook.name } = body;
  const settings: HookSettings = { ...hook, ...settingsOf(body), slug, name, auth, handler };
  const resolved = requireAuth(auth);
  const given = secretsBySlot(resolved, body);
  await checkHandler(services, tx, settings);
  await updateHook(tx, hook.id, settings).catch(slugTaken);
  await dropUnusedSecrets(tx, hook.id, resolved);
  // A token that a sender has sent in the open must not become the key of a signature.
  const isNewKind = auth.authType !== hook.auth.authType;
  const slots = slotsOf(resolved).filter(
    (slot) => isNewKind || given.has(slot) || !hook.secretSlots.includes(slot),
  );
  const wanted = { slots, given, graceSeconds: 0 };
  return { id: hook.id, shown: await setSecrets(services.vault, tx, hook.id, resolved, wanted) };
}

/** What an authentication comes down to. Throws `validation_failed` for a preset that does not exist. */
export function requireAuth(auth: HookAuth): ResolvedAuth {
  const resolved = resolveAuth(auth);
  if (resolved === undefined) {
    throw invalid('/authConfig/preset', 'There is no such preset; see GET …/verifiers.');
  }
  return resolved;
}

/** Reads the two members of an authentication as one. Throws `validation_failed`. */
function readAuth(authType: string, authConfig: unknown): HookAuth {
  const parsed = hookAuthSchema.safeParse({ authType, authConfig });
  if (!parsed.success) throw refusedMembers(parsed.error.issues);
  return parsed.data;
}

function readHandler(handlerType: string, handlerConfig: unknown): HookHandler {
  const parsed = hookHandlerSchema.safeParse({ handlerType, handlerConfig });
  if (!parsed.success) throw refusedMembers(parsed.error.issues);
  return parsed.data;
}

/** An authentication with the members that are given; another type starts without the old configuration. */
export function changedAuth(
  current: HookAuth,
  body: Pick<HookChangeBody, 'authType' | 'authConfig'>,
): HookAuth {
  const { authType = current.authType, authConfig } = body;
  const kept = authType === current.authType ? current.authConfig : {};
  return readAuth(authType, authConfig ?? kept);
}

function changedHandler(current: HookHandler, body: HookChangeBody): HookHandler {
  const { handlerType = current.handlerType, handlerConfig } = body;
  const kept = handlerType === current.handlerType ? current.handlerConfig : {};
  return readHandler(handlerType, handlerConfig ?? kept);
}

function refusedMembers(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): TidegateError {
  const details = issues.map(({ path, message }) => ({
    pointer: `/${path.map(String).join('/')}`,
    message,
  }));
  return new TidegateError('validation_failed', undefined, { details });
}

type PlainSettings = Omit<HookSettings, 'slug' | 'name' | 'auth' | 'handler'>;

/** The settings that are taken as they are, where the body names them. */
function settingsOf(body: HookChangeBody): Partial<PlainSettings> {
  const plain = {
    description: body.description,
    idempotencySource: body.idempotencySource,
    idempotencyWindowSeconds: body.idempotencyWindowSeconds,
    responseMode: body.responseMode,
    languageLevel: body.languageLevel,
    rateLimitPerMinute: body.rateLimitPerMinute,
    bodyLimitBytes: body.bodyLimitBytes,
    isActive: body.isActive,
  };
  return Object.fromEntries(
    Object.entries(plain).filter(([, value]) => value !== undefined),
  ) as Partial<PlainSettings>;
}

function slugTaken(error: unknown): never {
  if (databaseError(error)?.constraint === slugConstraint) throw new TidegateError('slug_taken');
  throw error;
}
