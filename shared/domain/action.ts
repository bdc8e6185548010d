/** The field types a mapping can produce (S-023). */
export type TargetFieldType = 'string' | 'int' | 'number' | 'boolean' | 'enum' | 'json' | 'ref';

/** One field that an action takes from the mapping of a hook. */
export interface TargetField {
  readonly name: string;
  readonly type: TargetFieldType;
  readonly required: boolean;
  readonly description: string;
  /** The allowed values of an `enum` field. */
  readonly enumValues?: readonly string[];
  /** What a `ref` field points at, for pickers: `client`, `board`, … */
  readonly refEntityType?: string;
}

/** What the catalogue shows of an action (S-022). The handler stays with the worker. */
export interface ActionDescription {
  readonly name: string;
  readonly entityType: string;
  readonly displayName: string;
  readonly description: string;
  readonly targetFields: readonly TargetField[];
}
