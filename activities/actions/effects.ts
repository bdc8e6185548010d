import { parseIsoTime } from '../../shared/domain/iso-time.ts';
import { publishChange, type Change } from '../../shared/outbound/publish-change.ts';
import { refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';

/**
 * Records what an action has done, as an effect of its delivery, with what filters of endpoints look at:
 * what the event shows by itself, and the attributes that are given.
 */
export async function recordEvent(
  context: ActionContext,
  event: Omit<Change, 'deliveryId'>,
): Promise<void> {
  await publishChange(context.tx, { ...event, deliveryId: context.deliveryId });
}

/** The moment that a field names, or a refusal. */
export function readTime(field: string, value: string): Date | ActionRefusal {
  return parseIsoTime(value) ?? refuseValue(field, 'This is not an ISO 8601 date or time.');
}

/** As `readTime`, for a field that may be absent. */
export function readOptionalTime(
  field: string,
  value: string | undefined,
): Date | undefined | ActionRefusal {
  return value === undefined ? undefined : readTime(field, value);
}

/** A row that was found a moment ago. When it is gone by now, the dispatch is tried again. */
export function stillThere<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('the entity of the external id has just been deleted');
  return row;
}

/** The names of the fields that a mapping gave, in the order of the catalogue. */
export function mappedNames(
  targetFields: readonly { readonly name: string }[],
  fields: object,
): string[] {
  return targetFields
    .map(({ name }) => name)
    .filter((name) => name !== 'external_id' && name in fields);
}
