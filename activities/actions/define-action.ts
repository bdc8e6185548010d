import type { TargetField } from '../../shared/domain/action.ts';
import {
  refuseValue,
  type Action,
  type ActionContext,
  type ActionRefusal,
  type ActionSuccess,
} from './contract.ts';
import { checkFields } from './fields.ts';

interface ValueByType {
  string: string;
  ref: string;
  enum: string;
  int: number;
  number: number;
  boolean: boolean;
  json: JsonObject;
}

/** Every `json` field of an action takes an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The type of a field's value, from its declaration. */
type ValueOf<Field extends TargetField> = Field extends {
  type: 'enum';
  enumValues: readonly (infer Value)[];
}
  ? Value
  : ValueByType[Field['type']];

/** The fields that a handler gets: the required ones, and those of the others that have a value. */
export type FieldsOf<Fields extends readonly TargetField[]> = {
  readonly [
    Field in Fields[number] as Field['required'] extends true ? Field['name'] : never
  ]: ValueOf<Field>;
} & {
  readonly [
    Field in Fields[number] as Field['required'] extends true ? never : Field['name']
  ]?: ValueOf<Field>;
};

/** A success whose metadata has exactly the keys that are described; any, when none are. */
export type SuccessOf<Metadata> = string extends keyof Metadata
  ? ActionSuccess
  : ActionSuccess & { readonly metadata: Readonly<Record<keyof Metadata, unknown>> };

export interface ActionSpec<
  Fields extends readonly TargetField[],
  Metadata extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> extends Omit<Action, 'targetFields' | 'metadata' | 'handle'> {
  readonly targetFields: Fields;
  /** What the metadata of the outcome holds: a phrase by key. */
  readonly metadata?: Metadata;
  /**
   * Makes the effect in `context.tx`, which commits together with the record of it. Returns a refusal
   * for what the sender or the mapping got wrong; throws for faults that a later try may not meet.
   */
  readonly handle: (
    context: ActionContext,
    fields: FieldsOf<Fields>,
  ) => Promise<SuccessOf<Metadata> | ActionRefusal>;
}

/**
 * Defines an action. A file of an extension folder's `actions/` exports one such definition. The
 * types of the handler's fields follow from `targetFields`. Before the handler runs, each value is
 * checked for what its field says (fields.ts): the ids are ids, the texts not too long.
 */
export function defineAction<
  const Fields extends readonly TargetField[],
  const Metadata extends Readonly<Record<string, string>>,
>(spec: ActionSpec<Fields, Metadata>): Action {
  return {
    ...spec,
    async handle(context, fields) {
      const fault = checkFields(spec.targetFields, fields);
      if (fault) return refuseValue(fault.field, fault.reason);
      return spec.handle(context, fields as FieldsOf<Fields>);
    },
  };
}
