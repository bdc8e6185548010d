import { z } from 'zod';
import { parentFilter } from './article-api.ts';
import { timestampSchema } from './common.ts';
import { textSchema } from './resource-api.ts';

export const collectionSchema = z
  .strictObject({
    id: z.uuid(),
    workspaceId: z.uuid().describe('The tenant'),
    name: z.string(),
    slug: z.string(),
    description: z.string().nullable(),
    icon: z.string().nullable(),
    parentId: z.uuid().nullable().describe('Null for a root'),
    order: z.int().describe('Its place among its siblings, from 1'),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'Collection' });
export type CollectionView = z.output<typeof collectionSchema>;

export const collectionFilters = { parentId: parentFilter } as const;

const writable = {
  name: textSchema(255),
  description: textSchema(2000).nullable(),
  icon: textSchema(64).nullable(),
  parentId: z.uuid().nullable().describe('Null: a root'),
};

export const newCollectionSchema = z
  .strictObject(writable)
  .partial({ description: true, icon: true, parentId: true })
  .meta({ id: 'NewCollection' });
export const collectionChangeSchema = z
  .strictObject(writable)
  .partial()
  .extend({ collectionId: z.uuid() })
  .meta({ id: 'CollectionChange' });
