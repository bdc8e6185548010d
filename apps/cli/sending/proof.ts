import {
  hookAuthSchema,
  type HookAuth,
  type IdempotencySource,
} from '../../../shared/schemas/hook.ts';
import type { HookView } from '../../../shared/schemas/hook-api.ts';
import type { Verifier } from '../../../shared/schemas/verifier.ts';
import { provingSlots, resolveAuth } from '../../../shared/presets/hook-auth.ts';
import type { Call } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { findHook } from '../hook-lookup.ts';
import { readAuth, type AuthOptions } from '../options/auth.ts';
import { readSecret, type SecretOptions } from '../options/secret.ts';
import { pairs } from '../options/values.ts';

export interface ProofOptions extends AuthOptions, SecretOptions {
  readonly hook?: string;
  readonly slotSecret?: readonly string[];
}

/** How a request is proven, from wherever the command line said it. */
export interface Proof {
  readonly verifier: Verifier;
  /** Where the receiver takes the idempotency key from. */
  readonly keySource: IdempotencySource | null;
  /** The secret of each slot that was given. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The hook whose authentication it is, when one was named. */
  readonly hook: HookView | undefined;
}

/**
 * The proof that the options describe: the authentication of a hook, asked from the server, or a
 * preset, verifier or short form, for which none is needed. Undefined when nothing describes one.
 */
export async function readProof(
  call: Call<ProofOptions>,
  hookName: string | undefined,
): Promise<Proof | undefined> {
  const { api, input, options } = call;
  const given = await readAuth(input, options);
  if (given !== undefined && options.hook !== undefined) {
    throw usageFailure('Give --hook, or how to prove the request, but not both.');
  }
  const hook = hookName === undefined ? undefined : (await findHook(api, hookName)).data;
  const ofHook = hook && authOf(hook);
  const auth = given ?? ofHook;
  if (auth === undefined && hook === undefined) return undefined;
  const resolved = auth && resolveAuth(auth);
  if (resolved === undefined) {
    const next = '"tidegate verifiers" lists the presets that the server knows.';
    throw usageFailure('This version does not know the preset or the kind of proof.', next);
  }
  const { verifier, preset } = resolved;
  return {
    verifier,
    keySource: hook?.idempotencySource ?? preset?.idempotency ?? null,
    secrets: await readSecrets(call, verifier, hook),
    hook,
  };
}

const authOf = ({ authType, authConfig }: HookView): HookAuth | undefined =>
  hookAuthSchema.safeParse({ authType, authConfig }).data;

/** The secrets that the options give, by slot; for a hook of the local stack's demo its own. */
async function readSecrets(
  { input, options, access }: Call<ProofOptions>,
  verifier: Verifier,
  hook: HookView | undefined,
): Promise<Record<string, string>> {
  const secrets = Object.fromEntries(pairs(options.slotSecret ?? [], '='));
  const known = hook && new Map(Object.entries(access().hookSecrets)).get(hook.slug);
  const secret = (await readSecret(input, options)) ?? known;
  if (secret === undefined) return secrets;
  const slots = provingSlots(verifier);
  const [slot] = slots.includes('default') ? ['default'] : slots;
  return slot === undefined ? secrets : { [slot]: secret, ...secrets };
}

/** Throws a usage failure when a secret is needed and none was given. */
export function requireSecrets({ verifier, secrets }: Proof): void {
  const slots = provingSlots(verifier);
  if (slots.length === 0 || Object.keys(secrets).length > 0) return;
  throw usageFailure(
    'There is no secret to prove the request with.',
    slots.length > 1
      ? `Give one for each of ${slots.join(', ')} with --slot-secret name=secret.`
      : 'Give --secret, --secret-file or TIDEGATE_SECRET.',
  );
}
