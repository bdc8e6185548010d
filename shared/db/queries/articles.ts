import type { Position } from '../../domain/cursor.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  equalsOrNull,
  positionOf,
  readResource,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

export type ArticleStatus = 'draft' | 'published' | 'archived';
export type ArticleVisibility = 'public' | 'internal';

/** What a write decides of an article. */
export interface ArticleValues {
  readonly collectionId: string | null;
  readonly title: string;
  readonly slug: string;
  readonly content: string;
  readonly visibility: ArticleVisibility;
  readonly status: ArticleStatus;
  /** Its place in the collection, from 1. */
  readonly order: number;
  readonly tags: readonly string[];
}

export interface Article extends ArticleValues {
  readonly id: string;
  /** When it was last published; null for a draft. */
  readonly publishedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ArticleRow {
  id: string;
  collection_id: string | null;
  title: string;
  slug: string;
  content: string;
  visibility: ArticleVisibility;
  status: ArticleStatus;
  position: number;
  tags: string[];
  published_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `a.id, a.collection_id, a.title, a.slug, a.content, a.visibility, a.status, a.position,
  a.tags, a.published_at, a.created_at, a.updated_at`;

const toArticle = (row: ArticleRow): Article => ({
  id: row.id,
  collectionId: row.collection_id,
  title: row.title,
  slug: row.slug,
  content: row.content,
  visibility: row.visibility,
  status: row.status,
  order: row.position,
  tags: row.tags,
  publishedAt: row.published_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const source: PageSource = {
  columns,
  from: 'articles a',
  tenantColumn: 'a.tenant_id',
  idColumn: 'a.id',
  sortColumn: 'a.updated_at',
};

export interface ArticleFilter {
  readonly status: ArticleStatus | undefined;
  /** Null: those in no collection. */
  readonly collectionId: string | null | undefined;
}

/** Articles of the tenant, last changed first. Takes one row more than `limit`. */
export async function listArticles(
  tx: TenantTx,
  page: ResourcePage,
  filter: ArticleFilter,
): Promise<(Article & { readonly position: Position })[]> {
  const rows = await readResourcePage<ArticleRow & PageRow>(tx, source, page, [
    ...equals('a.status', 'text', filter.status),
    ...equalsOrNull('a.collection_id', 'uuid', filter.collectionId),
  ]);
  return rows.map((row) => ({ ...toArticle(row), position: positionOf(row) }));
}

/** An article, or undefined. `for update` locks it until the commit. */
export async function findArticle(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Article | undefined> {
  const row = await readResource<ArticleRow>(tx, source, id, lock);
  return row && toArticle(row);
}

/** Stores a new article, which must not be published: that is what an update does. */
export async function insertArticle(
  tx: TenantTx,
  id: string,
  article: ArticleValues,
): Promise<Article> {
  const { rows } = await tx.query<ArticleRow>({
    text: `
      insert into articles as a (tenant_id, id, collection_id, title, slug, content, visibility,
        status, position, tags, created_at, updated_at)
      select $1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text,
        $9::integer, $10::text[], moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(article)],
  });
  return toArticle(rows[0] as ArticleRow);
}

/**
 * Stores what an article has become. Publishing stamps the moment, a draft has none, an archived one
 * keeps it (S-120). The row is locked by the caller.
 */
export async function updateArticle(
  tx: TenantTx,
  id: string,
  article: ArticleValues,
): Promise<Article> {
  const { rows } = await tx.query<ArticleRow>({
    text: `
      update articles a set collection_id = $3::uuid, title = $4::text, slug = $5::text,
        content = $6::text, visibility = $7::text, status = $8::text, position = $9::integer,
        tags = $10::text[], updated_at = clock_timestamp(),
        published_at = case
          when $8::text = 'draft' then null
          when $8::text = 'published' and a.status <> 'published' then clock_timestamp()
          else a.published_at end
      where a.tenant_id = $1::uuid and a.id = $2::uuid
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(article)],
  });
  return toArticle(rows[0] as ArticleRow);
}

/** Deletes an article, and with it its entry in the index. */
export async function deleteArticle(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    text: `delete from articles a where a.tenant_id = $1::uuid and a.id = $2::uuid`,
    values: [tx.tenantId, id],
  });
}

/** Which of some ids are no articles of the tenant. */
export async function findMissingArticles(
  tx: TenantTx,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ id: string }>({
    text: `
      select wanted.id from unnest($2::uuid[]) as wanted (id)
      where not exists (
        select from articles a where a.tenant_id = $1::uuid and a.id = wanted.id)`,
    values: [tx.tenantId, ids],
  });
  return rows.map(({ id }) => id);
}

const written = (article: ArticleValues): unknown[] => [
  article.collectionId,
  article.title,
  article.slug,
  article.content,
  article.visibility,
  article.status,
  article.order,
  article.tags,
];
