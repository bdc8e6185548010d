import { typedFields, type TypedFields } from '../domain/action-fields.ts';
import type { Evaluator } from './evaluator.ts';
import { mapFields, type MappingRequest } from './map-fields.ts';

/**
 * Turns a body into the typed fields of an action (S-039). The first field at fault is reported: a
 * field the action does not know, a failing expression, a value of another type, a required field
 * that the body does not yield.
 */
export async function applyMapping(
  evaluator: Evaluator,
  request: MappingRequest,
): Promise<TypedFields> {
  return typedFields(await mapFields(evaluator, request));
}
