import { z } from 'zod';
import { isStorableJson } from './storable-text.ts';

/**
 * Whom an outbound message is for (S-118): a condition on a visitor, or a group of conditions. Groups
 * stand in groups, and those hold conditions only: two levels, as deep as a person can still read. The
 * schema says which operator, property or level is at fault; nothing here judges a visitor.
 */
const conditionsMax = 50;

export const propertySources = ['system', 'custom', 'event'] as const;
export const targetingOperators = [
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'starts_with',
  'ends_with',
  'greater_than',
  'less_than',
  'greater_than_or_equals',
  'less_than_or_equals',
  'is_set',
  'is_not_set',
] as const;
export const countOperators = ['at_least', 'at_most', 'exactly'] as const;

const operatorsWithoutValue: ReadonlySet<string> = new Set(['is_set', 'is_not_set']);

const oneOf = <const Value extends string>(values: readonly [Value, ...Value[]], what: string) =>
  z.enum(values, { error: `${what} is one of ${values.join(', ')}.` });

const name = z.string().min(1).max(255);

const eventFilterSchema = z.strictObject({
  name: name.describe('The event that is counted'),
  countOperator: oneOf(countOperators, 'The count operator'),
  count: z.int().min(0).max(1_000_000),
  withinDays: z.int().min(1).max(3650),
});

const propertySchema = z
  .strictObject({
    source: oneOf(propertySources, 'The source of a property'),
    key: name,
    eventFilter: eventFilterSchema.optional().describe('For the source `event` only'),
  })
  .refine(({ source, eventFilter }) => source === 'event' || eventFilter === undefined, {
    path: ['eventFilter'],
    error: 'Only a property of the source event has an event filter.',
  });

const conditionSchema = z
  .strictObject({
    type: z.literal('condition'),
    property: propertySchema,
    operator: oneOf(targetingOperators, 'The operator'),
    value: z
      .union([z.string().max(1000), z.number(), z.boolean()])
      .optional()
      .describe('What the property is compared with; not needed by is_set, is_not_set and events'),
  })
  .refine(
    ({ operator, property, value }) =>
      value !== undefined || property.source === 'event' || operatorsWithoutValue.has(operator),
    { path: ['value'], error: 'The operator needs a value.' },
  );

const groupOf = <Member extends z.ZodType>(member: Member) =>
  z.strictObject({
    type: z.literal('group'),
    operator: oneOf(['and', 'or'], 'The operator of a group'),
    conditions: z.array(member).min(1).max(conditionsMax),
  });

/** A third level is looked for by itself, so that the refusal can say what is wrong with it. */
const deepestSchema = z
  .unknown()
  .refine((value) => typeOf(value) !== 'group', {
    path: ['type'],
    error: 'Groups are nested at most two levels deep.',
    abort: true,
  })
  .pipe(conditionSchema);

const typeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;

const either = { error: 'The type is condition or group.' } as const;
const innerSchema = z.discriminatedUnion('type', [conditionSchema, groupOf(deepestSchema)], either);

/** Targeting rules as callers write them. */
export const targetingSchema = z
  .discriminatedUnion('type', [conditionSchema, groupOf(innerSchema)], either)
  .refine(isStorableJson, 'NUL and half characters are not taken.')
  .meta({ id: 'Targeting' });
