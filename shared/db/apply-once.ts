import type { TenantTx } from './tenant.ts';

/** Where the outcome of an effect is kept. */
export interface EffectLedger<Outcome> {
  /** Keeps others from the effect until the transaction ends, and gives the outcome if there is one. */
  lock(tx: TenantTx): Promise<Outcome | null>;
  /** Writes the outcome, in the transaction of the effect. */
  record(tx: TenantTx, outcome: Outcome): Promise<void>;
}

/** The lock and the stored outcome make an effect happen once, however often this is called. */
export async function applyOnce<Outcome>(
  tx: TenantTx,
  ledger: EffectLedger<Outcome>,
  effect: (tx: TenantTx) => Promise<Outcome>,
): Promise<Outcome> {
  const stored = await ledger.lock(tx);
  if (stored !== null) return stored;
  const outcome = await effect(tx);
  await ledger.record(tx, outcome);
  return outcome;
}
