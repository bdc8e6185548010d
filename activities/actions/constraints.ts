import { databaseError } from '../../shared/db/pool.ts';
import { refuseValue, type ActionRefusal } from './contract.ts';

/** What a violated constraint says to an integration engineer: the field it speaks of, and why. */
export type ConstraintRefusals = Readonly<Record<string, ConstraintRefusal>>;

interface ConstraintRefusal {
  readonly field: string;
  readonly reason: string;
}

/** The refusal of a reference that names nothing of this tenant. */
export const noSuchId = (field: string): ConstraintRefusal => ({
  field,
  reason: 'There is no such id.',
});

/**
 * Runs a write, and turns the violation of a constraint that the table knows into a refusal. The
 * database is asked instead of looking first: between a look and the write a row can go. Anything
 * else is thrown on. After a refusal the transaction takes no more statements until the dispatch
 * has rolled back to its savepoint.
 */
export async function refusing<Result>(
  refusals: ConstraintRefusals,
  write: () => Promise<Result>,
): Promise<Result | ActionRefusal> {
  try {
    return await write();
  } catch (error) {
    const constraint = databaseError(error)?.constraint;
    const refusal = constraint === undefined ? undefined : refusals[constraint];
    if (refusal === undefined) throw error;
    return refuseValue(refusal.field, refusal.reason);
  }
}
