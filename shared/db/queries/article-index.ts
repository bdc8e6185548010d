import { foldText } from '../../domain/search-text.ts';
import type { TenantTx } from '../tenant.ts';
import type { Article, ArticleVisibility } from './articles.ts';

/** The kinds of entries. What is internal must not reach a visitor. */
export type ArticleContentType = 'article' | 'internalArticle';

/**
 * Brings the index in step with an article, in the transaction of its change (S-120): one entry while it
 * is published, of the kind of its visibility, and none otherwise.
 */
export function indexArticle(tx: TenantTx, article: Article): Promise<void> {
  return article.status === 'published' ? putEntry(tx, article) : dropEntry(tx, article.id);
}

async function putEntry(tx: TenantTx, article: Article): Promise<void> {
  const contentType: ArticleContentType =
    article.visibility === 'internal' ? 'internalArticle' : 'article';
  await tx.query({
    name: 'put_article_entry',
    text: `
      insert into article_index (tenant_id, article_id, content_type, document)
      values ($1::uuid, $2::uuid, $3::text,
        article_document($1::uuid, $4::text, $5::text[], $6::text))
      on conflict (tenant_id, article_id) do update set content_type = excluded.content_type,
        document = excluded.document, indexed_at = clock_timestamp()`,
    values: [
      tx.tenantId,
      article.id,
      contentType,
      foldText(article.title),
      article.tags.map(foldText),
      foldText(article.content),
    ],
  });
}

async function dropEntry(tx: TenantTx, articleId: string): Promise<void> {
  await tx.query({
    name: 'drop_article_entry',
    text: `delete from article_index i where i.tenant_id = $1::uuid and i.article_id = $2::uuid`,
    values: [tx.tenantId, articleId],
  });
}

/** An article that a search found. */
export interface FoundArticle {
  readonly id: string;
  readonly title: string;
  readonly slug: string;
  readonly collectionId: string | null;
  readonly visibility: ArticleVisibility;
  /** Two short pieces around the words that were found, as plain text: what looks like markup is gone. */
  readonly excerpt: string;
  /** How well it fits: larger is better. Comparable within one search only. */
  readonly rank: number;
  readonly updatedAt: Date;
}

export interface ArticleSearch {
  /** Both kinds when absent. */
  readonly contentType?: ArticleContentType | undefined;
  /** At most so many, the best first. */
  readonly limit: number;
  /**
   * `all` (when absent) reads the text as a search engine does: every word must be there, "…" is a
   * phrase, `-` excludes, `or` is a choice. `any` takes a question as a person asks it: one word is
   * enough, and whoever has more of them comes first.
   */
  readonly match?: 'all' | 'any';
}

/** Excerpts come from the first so many characters: reading 200,000 for each row is what a search costs. */
const excerptCharactersMax = 20_000;

/**
 * Published articles of the tenant that fit a text, the best first. Never fails for what the text is; a
 * text without a word that could be searched for finds nothing.
 */
export async function searchArticles(
  tx: TenantTx,
  text: string,
  search: ArticleSearch,
): Promise<readonly FoundArticle[]> {
  // The words of a plain query are joined by " & ", which cannot be part of one.
  const query =
    search.match === 'any'
      ? `replace(plainto_tsquery('english', $2::text)::text, ' & ', ' | ')::tsquery`
      : `websearch_to_tsquery('english', $2::text)`;
  const { rows } = await tx.query<FoundRow>({
    text: `
      select a.id, a.title, a.slug, a.collection_id, a.visibility, a.updated_at, found.rank,
        ts_headline('english', left(a.content, $5::integer), asked.query, 'StartSel="", StopSel="",
          MaxFragments=2, MaxWords=30, MinWords=10, FragmentDelimiter=" … "') as excerpt
      from (select ${query} as query) asked
      cross join lateral search_article_index(asked.query, $3::text, $4::integer) found
      join articles a on a.tenant_id = $1::uuid and a.id = found.article_id
      order by found.rank desc, a.id desc`,
    values: [
      tx.tenantId,
      foldText(text),
      search.contentType ?? null,
      search.limit,
      excerptCharactersMax,
    ],
  });
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    slug: row.slug,
    collectionId: row.collection_id,
    visibility: row.visibility,
    excerpt: row.excerpt.replaceAll(/\s+/g, ' ').trim(),
    rank: row.rank,
    updatedAt: row.updated_at,
  }));
}

interface FoundRow {
  id: string;
  title: string;
  slug: string;
  collection_id: string | null;
  visibility: ArticleVisibility;
  updated_at: Date;
  rank: number;
  excerpt: string;
}
