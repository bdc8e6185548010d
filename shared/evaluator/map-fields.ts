import type { ActionDescription } from '../domain/action.ts';
import { makeFields, type MadeFields } from '../domain/action-fields.ts';
import type { Evaluator, EvaluationRequest } from './evaluator.ts';
import type { Failure } from './protocol.ts';

/** A mapping to be applied to one body. */
export interface MappingRequest extends Pick<EvaluationRequest, 'tenantId' | 'level' | 'context'> {
  readonly action: ActionDescription;
  /** Expressions by the field that they make. */
  readonly mapping: Readonly<Record<string, string>>;
}

/** Evaluates a mapping and turns each result into the type of its field (S-023, S-039). */
export async function mapFields(
  evaluator: Evaluator,
  request: MappingRequest,
): Promise<MadeFields> {
  const { action, mapping, ...evaluation } = request;
  const results = await evaluator.evaluate({
    ...evaluation,
    expressions: Object.entries(mapping).map(([name, text]) => ({ name, text })),
    budget: 'field',
  });
  const inputs = results.map((result) => (result.ok ? result : withText(result, mapping)));
  return makeFields(action, inputs);
}

function withText(failure: Failure, mapping: MappingRequest['mapping']): Failure {
  const reason = `${failure.reason} (expression: ${mapping[failure.name]})`;
  return { ...failure, reason };
}
