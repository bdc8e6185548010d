import { z } from 'zod';
import { timestampSchema } from './common.ts';
import { listQuery, textSchema } from './resource-api.ts';

const statusSchema = z.enum(['draft', 'published', 'archived']);
const visibilitySchema = z
  .enum(['public', 'internal'])
  .describe('Who may read it: visitors too, or users only');
const orderSchema = z.int().describe('Its place in its collection, from 1');

export const articleSchema = z
  .strictObject({
    id: z.uuid(),
    workspaceId: z.uuid().describe('The tenant'),
    collectionId: z.uuid().nullable(),
    title: z.string(),
    slug: z.string(),
    content: z.string(),
    visibility: visibilitySchema,
    status: statusSchema,
    order: orderSchema,
    tags: z.array(z.string()),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
    publishedAt: timestampSchema.nullable().describe('When it was last published'),
  })
  .meta({ id: 'Article' });
export type ArticleView = z.output<typeof articleSchema>;

/** An id, or the word null for what has none. */
export const parentFilter = z
  .union([z.uuid(), z.literal('null').transform(() => null)])
  .optional()
  .describe('An id; `null` for those without one');

export const articleFilters = {
  status: statusSchema.optional(),
  collectionId: parentFilter,
} as const;

const writable = {
  title: textSchema(500),
  content: textSchema(200_000),
  collectionId: z.uuid().nullable().describe('Null: in no collection'),
  visibility: visibilitySchema,
  tags: z.array(textSchema(64)).max(50).describe('Each counts once'),
};

export const newArticleSchema = z
  .strictObject(writable)
  .partial({ collectionId: true, visibility: true, tags: true })
  .meta({ id: 'NewArticle' });
export const articleChangeSchema = z
  .strictObject({ ...writable, status: statusSchema })
  .partial()
  .extend({ articleId: z.uuid() })
  .meta({ id: 'ArticleChange' });

/** The longest content in JSON with each character escaped, in six bytes, and room for the rest. */
export const articleBodyBytesMax = 1_310_720;

export const articleSearchQuery = z.object({
  query: textSchema(500).describe(
    'Words that must all be there; "…" is a phrase, - excludes, or is a choice',
  ),
  limit: listQuery.limit,
  visibility: visibilitySchema.optional(),
});

export const foundArticlesSchema = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id: z.uuid(),
        title: z.string(),
        slug: z.string(),
        collectionId: z.uuid().nullable(),
        visibility: visibilitySchema,
        excerpt: z.string().describe('Around the words that were found; plain text'),
        rank: z.number().describe('Larger fits better; comparable within one answer'),
        updatedAt: timestampSchema,
      })
      .meta({ id: 'FoundArticle' }),
  ),
});
