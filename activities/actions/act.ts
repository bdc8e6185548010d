import { isRefusedValue } from '../../shared/db/pool.ts';
import type { ActionOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import type { Action, ActionContext } from './contract.ts';

/**
 * Runs a handler in a savepoint: what it wrote before a refusal is undone, a record of it is not. A
 * value that the database refuses is a refusal as well: no later try would end differently.
 */
export async function act(
  action: Action,
  context: ActionContext,
  fields: Readonly<Record<string, unknown>>,
): Promise<ActionOutcome | FailedOutcome> {
  context.tx.ahead({ text: 'savepoint effect' });
  const result = await action.handle(context, fields).catch(refusedByDatabase);
  if (!('status' in result)) {
    return { status: 'dispatched', action: action.name, entityType: action.entityType, ...result };
  }
  await context.tx.query({ text: 'rollback to savepoint effect' });
  return result;
}

function refusedByDatabase(error: unknown): FailedOutcome {
  if (!isRefusedValue(error)) throw error;
  const { message } = error as Error;
  return { status: 'failed', code: 'VALIDATION_ERROR', message: `Not stored: ${message}.` };
}
