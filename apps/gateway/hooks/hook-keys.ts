import { randomBytes } from 'node:crypto';
import { addHookSecret } from '../../../shared/crypto/hook-secrets.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import {
  deleteHookSecrets,
  deleteOtherSlots,
  expireHookSecrets,
} from '../../../shared/db/queries/hook-secrets.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import type { HookId } from '../../../shared/domain/ids.ts';
import { invalid } from '../../../shared/errors/tidegate-error.ts';
import { bearer } from '../../../shared/presets/classic.ts';
import { checksOf, type Verifier } from '../../../shared/schemas/verifier.ts';
import { slotOf } from '../../../shared/schemas/verifier-check.ts';
import { checkKeyMaterial } from '../../../shared/verification/key-material.ts';
import { slotsOf, type ResolvedAuth } from '../../../shared/presets/hook-auth.ts';

/** Secrets as a caller gives them: one for a verifier with one slot, or by slot. */
export interface GivenSecrets {
  readonly secret?: string | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

const defaultSlot = 'default';

/** The given secrets by slot. Throws `validation_failed` for a slot that the verifier does not name. */
export function secretsBySlot(auth: ResolvedAuth, given: GivenSecrets): Map<string, string> {
  const slots = slotsOf(auth);
  const bySlot = new Map(Object.entries(given.secrets ?? {}));
  if (given.secret !== undefined) {
    const slot = slots.includes(defaultSlot) ? defaultSlot : slots[0];
    if (slot === undefined) throw invalid('/secret', 'Hooks of this kind have no secret.');
    bySlot.set(slot, given.secret);
  }
  for (const [slot, text] of bySlot) {
    const pointer = given.secrets?.[slot] === undefined ? '/secret' : `/secrets/${slot}`;
    if (!slots.includes(slot)) throw invalid(pointer, 'The verifier has no slot of this name.');
    const fault = keyFault(auth.verifier, slot, text);
    if (fault !== undefined) throw invalid(pointer, fault);
  }
  return bySlot;
}

function keyFault(verifier: Verifier, slot: string, text: string): string | undefined {
  // The slot of a handshake alone holds a token, as a bearer's is.
  const isChecked = checksOfSlot(verifier, slot).length > 0;
  const checked = isChecked
    ? checkKeyMaterial(verifier, slot, text)
    : checkKeyMaterial(bearer(), defaultSlot, text);
  return checked.ok ? undefined : checked.reason;
}

/** A new secret for a slot: 32 random bytes (S-013), in the form that the slot's checks read. */
function drawSecret(verifier: Verifier, slot: string): string {
  const [first] = checksOfSlot(verifier, slot);
  const bytes = randomBytes(32);
  if (first?.scheme === 'hmac' || first?.scheme === 'jwt_body_hash') {
    const { encoding = 'utf8', stripPrefix = '' } = first.key ?? {};
    if (encoding !== 'utf8') return stripPrefix + bytes.toString(encoding);
  }
  return bytes.toString('base64url');
}

/** Whether the secret of a slot is ours to choose. Some senders make it, and show it to the admin. */
function isOurs({ verifier, preset }: ResolvedAuth, slot: string): boolean {
  if (isPublicKeySlot(verifier, slot)) return false;
  const ofSender = preset?.secret.slots.find((each) => each.slot === slot);
  return ofSender === undefined || ofSender.generate === true;
}

/**
 * Sets the secrets of a hook's slots, each in place of what the slot held: the given one, else one
 * drawn now. A secret that the sender makes is left to be given later, and until then nothing is let
 * in. Returns what may be shown, once: a public key is not ours to show.
 */
export async function setSecrets(
  vault: TenantVault,
  tx: TenantTx,
  hookId: HookId,
  auth: ResolvedAuth,
  wanted: {
    readonly slots: readonly string[];
    readonly given: ReadonlyMap<string, string>;
    /** How long what the slots held stays valid. */
    readonly graceSeconds: number;
  },
): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const slot of wanted.slots) {
    const given = wanted.given.get(slot);
    if (given === undefined && !isOurs(auth, slot)) continue;
    const secret = given ?? drawSecret(auth.verifier, slot);
    if (wanted.graceSeconds > 0) await expireHookSecrets(tx, hookId, slot, wanted.graceSeconds);
    else await deleteHookSecrets(tx, hookId, slot);
    await addHookSecret(vault, tx, hookId, slot, secret);
    if (!isPublicKeySlot(auth.verifier, slot)) shown[slot] = secret;
  }
  return shown;
}

const checksOfSlot = (verifier: Verifier, slot: string) =>
  checksOf(verifier).filter((check) => slotOf(check) === slot);

const isPublicKeySlot = (verifier: Verifier, slot: string): boolean =>
  checksOfSlot(verifier, slot).some(({ scheme }) => scheme === 'asymmetric');

/** Erases what the hook's new verifier has no use for. */
export async function dropUnusedSecrets(
  tx: TenantTx,
  hookId: HookId,
  auth: ResolvedAuth,
): Promise<void> {
  await deleteOtherSlots(tx, hookId, slotsOf(auth));
}
