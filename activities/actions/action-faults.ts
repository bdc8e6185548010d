import { z } from 'zod';
import { targetFieldTypes, type ActionDescription } from '../../shared/domain/action.ts';

const name = z.string().regex(/^[a-z][A-Za-z0-9_]{0,63}$/, 'must be a lower-case name');
const text = z.string().min(1).max(255);

const targetFieldSchema = z
  .object({
    name,
    type: z.enum(targetFieldTypes),
    required: z.boolean(),
    description: z.string(),
    enumValues: z.array(text).min(1).optional(),
    refEntityType: name.optional(),
    lengthMax: z.int().positive().optional(),
  })
  .refine(({ type, enumValues }) => (type === 'enum') === (enumValues !== undefined), {
    message: 'an enum field needs enumValues, and no other field has them',
  });

const actionSchema = z.object({
  name,
  entityType: name,
  displayName: text,
  description: z.string(),
  targetFields: z
    .array(targetFieldSchema)
    .refine((fields) => new Set(fields.map((field) => field.name)).size === fields.length, {
      message: 'two fields have the same name',
    }),
});

/** What is wrong with a description; empty when it can be registered. Not every one was compiled. */
export function actionFaults(action: ActionDescription): string[] {
  const { error } = actionSchema.safeParse(action);
  return (
    error?.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`) ?? []
  );
}
