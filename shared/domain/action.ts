import type { EventTypeName } from '../events/catalogue.ts';

/** The field types a mapping can produce (S-023). */
export const targetFieldTypes = [
  'string',
  'int',
  'number',
  'boolean',
  'enum',
  'json',
  'ref',
] as const;
export type TargetFieldType = (typeof targetFieldTypes)[number];

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
  /** The most characters a `string` field takes; unbounded when absent. */
  readonly lengthMax?: number;
}

/** What the catalogue shows of an action (S-022). The handler stays with the worker. */
export interface ActionDescription {
  readonly name: string;
  readonly entityType: string;
  readonly displayName: string;
  readonly description: string;
  readonly targetFields: readonly TargetField[];
  /** What it does beyond its description, a sentence each: defaults, rules, what it leaves alone. */
  readonly behavior?: readonly string[];
  /** What the metadata of its outcome holds: a phrase by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The events it records. */
  readonly events?: readonly EventTypeName[];
}
