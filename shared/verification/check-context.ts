import { defaultSlot, verifierLimits } from '../schemas/verifier-check.ts';
import type { RequestView } from './request-view.ts';
import type { VerificationKey, VerificationReason, VerificationStep } from './types.ts';

/** What every check looks at. */
export interface CheckContext {
  readonly view: RequestView;
  readonly keys: readonly VerificationKey[];
  readonly nowMs: number;
}

/** What a check found; where it stands and its scheme are added by the walk over the verifier. */
export type Finding = Omit<VerificationStep, 'at' | 'scheme' | 'ok'>;

/** What came of trying the keys of a slot. */
export interface KeyAttempt {
  readonly slot: string;
  /** Undefined when no key matched. */
  readonly matchedId: string | undefined;
  /** False when a part that is signed is not in the request. */
  readonly isContentComplete: boolean;
  readonly keyProblem: VerificationReason | undefined;
}

interface UsableKeys<Key> {
  readonly slot: string;
  /** Never empty. The decoy has no id. */
  readonly keys: readonly { readonly id: string | undefined; readonly key: Key }[];
  /** Why the decoy stands in. */
  readonly problem: VerificationReason | undefined;
}

/**
 * The keys of a slot that can be used, at most `verifierLimits.keys`. Where there is none, the decoy
 * stands in, so that the work and the time are the same.
 */
export function usableKeys<Key>(
  all: readonly VerificationKey[],
  slot: string = defaultSlot,
  read: (material: Buffer) => Key | undefined,
  decoy: Key,
): UsableKeys<Key> {
  const inSlot = all.filter((key) => key.slot === slot).slice(0, verifierLimits.keys);
  const keys = inSlot.flatMap(({ id, material }) => {
    const key = read(material);
    return key === undefined ? [] : [{ id, key }];
  });
  if (keys.length > 0) return { slot, keys, problem: undefined };
  const problem = inSlot.length > 0 ? 'key_unusable' : 'key_missing';
  return { slot, keys: [{ id: undefined, key: decoy }], problem };
}
