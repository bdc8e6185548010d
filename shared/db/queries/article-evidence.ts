import { foldText } from '../../domain/search-text.ts';
import type { TenantTx } from '../tenant.ts';

/** How many of the words that were asked for an article has. */
export interface FoundWords {
  readonly words: number;
  /** Those of them that its title or a tag has. */
  readonly titleWords: number;
}

/**
 * How many different words of a text each of some articles has, by the index of the search: stop words
 * count for nothing, and inflections are one word. An article without an entry is left out.
 */
export async function countWordsFound(
  tx: TenantTx,
  text: string,
  articleIds: readonly string[],
): Promise<{ readonly wordsAsked: number; readonly found: ReadonlyMap<string, FoundWords> }> {
  const { rows } = await tx.query<{
    article_id: string | null;
    asked: number;
    words: number;
    title_words: number;
  }>({
    name: 'count_words_found',
    text: `
      with asked as materialized (
        select t.lexeme from unnest(to_tsvector('english', $2::text)) t
      ), entry as (
        select i.article_id, i.document from article_index i
        where i.tenant_id = $1::uuid and i.article_id = any($3::uuid[])
      )
      select e.article_id, (select count(*) from asked)::integer as asked,
        coalesce(f.words, 0) as words, coalesce(f.title_words, 0) as title_words
      from (select) one
      left join entry e on true
      left join lateral (
        select count(*)::integer as words,
          (count(*) filter (where d.weights && array['A', 'B']))::integer as title_words
        from unnest(e.document) d join asked a on a.lexeme = d.lexeme
      ) f on true`,
    values: [tx.tenantId, foldText(text), articleIds],
  });
  const found = new Map<string, FoundWords>();
  for (const row of rows) {
    if (row.article_id !== null) {
      found.set(row.article_id, { words: row.words, titleWords: row.title_words });
    }
  }
  return { wordsAsked: rows[0]?.asked ?? 0, found };
}
