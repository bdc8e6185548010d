import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { indexArticle, searchArticles } from '../../../shared/db/queries/article-index.ts';
import {
  deleteArticle,
  findArticle,
  insertArticle,
  listArticles,
  updateArticle,
  type Article,
} from '../../../shared/db/queries/articles.ts';
import { lockSluggedTable, nextPosition } from '../../../shared/db/queries/slugged-tables.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import {
  articleBodyBytesMax,
  articleChangeSchema,
  articleFilters,
  articleSchema,
  articleSearchQuery,
  foundArticlesSchema,
  newArticleSchema,
} from '../../../shared/schemas/article-api.ts';
import { writtenSchema } from '../../../shared/schemas/resource-api.ts';
import { defineSharedRoute } from '../api/route.ts';
import { defineResource, type WriteContext } from './define-resource.ts';
import { given } from './given.ts';
import { requireFreeSlug } from './slugs.ts';
import { noSuch, type Emitted } from './writes.ts';

/** The text is read over the API by who may; an event says that something happened to it. */
const told = (
  type: Emitted['type'],
  { status, visibility, collectionId }: Article,
): readonly Emitted[] => [{ type, data: { status, visibility, collectionId } }];

const articleResource = defineResource({
  name: 'article',
  path: 'articles',
  title: 'Article',
  tag: 'Knowledge base',
  idField: 'articleId',
  scopes: { read: 'articles.read', write: 'articles.write' },
  view: articleSchema,
  filters: z.object(articleFilters),
  list: (tx, page, { status, collectionId }) => listArticles(tx, page, { status, collectionId }),
  async find(tx, id, lock = 'none') {
    if (lock === 'for update') await lockSluggedTable(tx, 'articles');
    return findArticle(tx, id, lock);
  },
  present,
  refusals: { articles_tenant_id_collection_id_fkey: noSuch('collectionId', 'collection') },
  bodyLimitBytes: articleBodyBytesMax,
  create: {
    body: newArticleSchema,
    errors: ['slugs_exhausted'],
    run: draft,
    emit: (article) => told('article.created', article),
  },
  update: {
    body: articleChangeSchema,
    errors: ['slugs_exhausted'],
    run: change,
    emit: (article) => told('article.updated', article),
  },
  commands: {
    delete: {
      summary: 'Delete one, and its entry in the search index',
      verb: 'deleted',
      response: writtenSchema,
      async run({ tx }, article) {
        await deleteArticle(tx, article.id);
        return { answer: { id: article.id }, events: told('article.deleted', article) };
      },
    },
  },
});

const search = defineSharedRoute({
  method: 'GET',
  path: '/api/v1/articles/search',
  operationId: 'searchArticles',
  tag: 'Knowledge base',
  summary: 'Published articles that fit a text, the best first',
  permission: 'articles.read',
  scope: 'articles.read',
  query: articleSearchQuery,
  status: 200,
  response: foundArticlesSchema,
  async handle({ tx, query: { query, limit, visibility } }) {
    const contentType = visibility === 'internal' ? 'internalArticle' : 'article';
    const found = await searchArticles(tx, query, {
      contentType: visibility === undefined ? undefined : contentType,
      limit,
    });
    return {
      data: found.map(({ updatedAt, ...article }) => ({
        ...article,
        updatedAt: updatedAt.toISOString(),
      })),
    };
  },
});

/** Articles of the knowledge base, and the search in them (S-119, S-120). */
export const articleRoutes = [...articleResource, search];

async function draft({
  tx,
  body,
}: WriteContext<z.output<typeof newArticleSchema>>): Promise<Article> {
  const { title, content, collectionId = null, visibility = 'public', tags = [] } = body;
  const id = uuidv7();
  await lockSluggedTable(tx, 'articles');
  return insertArticle(tx, id, {
    title,
    content,
    collectionId,
    visibility,
    status: 'draft',
    tags: [...new Set(tags)],
    slug: await requireFreeSlug(tx, 'article', id, title),
    order: await nextPosition(tx, 'articles', collectionId),
  });
}

async function change(
  { tx, body: { articleId: _id, ...body } }: WriteContext<z.output<typeof articleChangeSchema>>,
  before: Article,
): Promise<Article> {
  const wanted = { ...before, ...given(body) };
  const { id, title, collectionId } = wanted;
  const isRenamed = title !== before.title;
  const isMoved = collectionId !== before.collectionId;
  const article = await updateArticle(tx, id, {
    ...wanted,
    tags: [...new Set(wanted.tags)],
    slug: isRenamed ? await requireFreeSlug(tx, 'article', id, title) : before.slug,
    order: isMoved ? await nextPosition(tx, 'articles', collectionId) : before.order,
  });
  await indexArticle(tx, article);
  return article;
}

function present(article: Article, { tenantId }: TenantTx) {
  return {
    id: article.id,
    workspaceId: tenantId,
    collectionId: article.collectionId,
    title: article.title,
    slug: article.slug,
    content: article.content,
    visibility: article.visibility,
    status: article.status,
    order: article.order,
    tags: [...article.tags],
    createdAt: article.createdAt.toISOString(),
    updatedAt: article.updatedAt.toISOString(),
    publishedAt: article.publishedAt?.toISOString() ?? null,
  };
}
