import type { Evaluator } from './evaluator.ts';
import type { MadeFields } from '../domain/action-fields.ts';
import { mapFields, type MappingRequest } from './map-fields.ts';
import type { EvaluationContext } from './protocol.ts';

export interface PreviewRequest extends Omit<MappingRequest, 'context'> {
  /** Bodies to try the mapping on: the captured sample, or stored deliveries. */
  readonly contexts: readonly EvaluationContext[];
}

/** What a mapping would make of one body: every field, not only the first at fault. */
export interface MappingPreview extends MadeFields {
  readonly wouldDispatch: boolean;
}

/** Applies a mapping to each context without any effect. One preview for each, in order. */
export async function previewMapping(
  evaluator: Evaluator,
  { contexts, ...mapping }: PreviewRequest,
): Promise<readonly MappingPreview[]> {
  const previews: MappingPreview[] = [];
  for (const context of contexts) {
    const { fields, missing } = await mapFields(evaluator, { ...mapping, context });
    const isFaulty = missing.length > 0 || fields.some((each) => 'error' in each);
    previews.push({ fields, missing, wouldDispatch: !isFaulty });
  }
  return previews;
}
