import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { searchArticles } from '../../shared/db/queries/article-index.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import type { TestTenant } from '../support/factory.ts';
import { maker } from '../support/knowledge.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
});

const makeArticle = maker(() => api, '/articles');
const change = async (articleId: string, changes: object): Promise<void> => {
  const answer = await api.post('/articles/update', { articleId, ...changes });
  expect(answer.status).toBe(200);
};
const publish = async (body: object): Promise<string> => {
  const id = await makeArticle(body);
  await change(id, { status: 'published' });
  return id;
};
const search = async (query: string, also = '') =>
  (await api.get(`/articles/search?query=${encodeURIComponent(query)}${also}`)).body.data;
const found = async (query: string, also = ''): Promise<string[]> =>
  (await search(query, also)).map(({ id }: { id: string }) => id);
const entries = async (articleId: string): Promise<string[]> => {
  const { rows } = await stack.database.admin.query<{ content_type: string }>(
    `select content_type from article_index where article_id = $1`,
    [articleId],
  );
  return rows.map(({ content_type: type }) => type);
};

describe('the index of articles', () => {
  test('S-120 has an article while it is published, and not a moment longer', async () => {
    const id = await makeArticle({ title: 'Refunds', content: 'Money back within a fortnight.' });
    expect(await found('fortnight')).toEqual([]);
    for (const left of ['draft', 'archived']) {
      await change(id, { status: 'published' });
      expect(await found('fortnight')).toEqual([id]);
      await change(id, { status: left });
      expect(await found('fortnight')).toEqual([]);
      expect(await entries(id)).toEqual([]);
    }
    await change(id, { status: 'published' });
    await api.post('/articles/delete', { articleId: id });
    expect(await found('fortnight')).toEqual([]);
    expect(await entries(id)).toEqual([]);
  });

  test('S-120 follows title, content and tags of a published article', async () => {
    const id = await publish({ title: 'Zebra', content: 'walrus', tags: ['ibex'] });
    expect([await found('zebra'), await found('walrus'), await found('ibex')]).toEqual([
      [id],
      [id],
      [id],
    ]);
    await change(id, { title: 'Heron', content: 'otter', tags: [] });
    expect([await found('heron'), await found('otter')]).toEqual([[id], [id]]);
    expect([await found('zebra'), await found('walrus'), await found('ibex')]).toEqual([
      [],
      [],
      [],
    ]);
  });

  test('S-120 moves an article to the other kind when its visibility changes', async () => {
    const id = await publish({ title: 'Keys', content: 'Where the keys are.' });
    expect(await entries(id)).toEqual(['article']);
    await change(id, { visibility: 'internal' });
    expect(await entries(id)).toEqual(['internalArticle']);
    expect(await found('keys', '&visibility=public')).toEqual([]);
    expect(await found('keys', '&visibility=internal')).toEqual([id]);
    expect(await found('keys')).toEqual([id]);
    await change(id, { visibility: 'public' });
    expect(await entries(id)).toEqual(['article']);
  });

  test('S-120 is as it was when the change of an article is refused', async () => {
    const id = await publish({ title: 'Steady', content: 'anchor' });
    const refused = { articleId: id, content: 'kite', collectionId: tenant.id };
    expect(await api.post('/articles/update', refused)).toMatchObject({ status: 404 });
    expect([await found('anchor'), await found('kite')]).toEqual([[id], []]);
  });

  test('S-120 takes any article that can be stored, however many words it has', async () => {
    // Each of these is a word, and so are its three parts: more than one document can hold.
    const letter = (at: number): string => String.fromCodePoint(0x20000 + (at % 42_000));
    const part = (at: number, step: number): string => letter(at * step) + letter(at * step + step);
    const content = Array.from({ length: 22_222 }, (_, at) =>
      [part(at, 7), part(at, 11), part(at, 13)].join('-'),
    );
    const id = await publish({ title: 'Dense', content: content.join(' ') });
    expect(await found(content[0] ?? '')).toEqual([id]);
    expect(await found('dense')).toEqual([id]);
    expect(await entries(id)).toEqual(['article']);
  });
});

describe('the search in articles', () => {
  test('S-120 finds words in any form, phrases and choices, and leaves out what is excluded', async () => {
    const invoice = await publish({
      title: 'Paying invoices',
      content: 'Pay by card or transfer.',
    });
    const card = await publish({ title: 'Lost card', content: 'Block a lost card at once.' });
    expect(await found('pays invoice')).toEqual([invoice]);
    expect(await found('"lost card"')).toEqual([card]);
    expect(await found('card -lost')).toEqual([invoice]);
    expect((await found('transfer or block')).toSorted()).toEqual([invoice, card].toSorted());
    expect(await found('card nowhere')).toEqual([]);
    for (const odd of ['the', '!', '"', "'", '&|:*<->()', '\\', 'a:*b', '%']) {
      expect(await found(odd), odd).toEqual([]);
    }
    expect(await api.get('/articles/search?query=%00')).toMatchObject({ status: 400 });
    expect(await api.get('/articles/search')).toMatchObject({ status: 400 });
  });

  test('S-120 finds words of other alphabets and with accents, in any case', async () => {
    const id = await publish({ title: 'Возврат ДЕНЕГ', content: 'Crème BRÛLÉE, ＳＡＬＥ.' });
    for (const query of ['возврат', 'Денег', 'creme', 'Brûlée', 'brulee', 'sale']) {
      expect(await found(query), query).toEqual([id]);
    }
  });

  test('S-120 puts a word in the title before one in the tags before one in the text', async () => {
    const text = await publish({ title: 'One', content: 'Something about a passport.' });
    const tag = await publish({ title: 'Two', content: 'Something else.', tags: ['passport'] });
    const title = await publish({ title: 'Passport', content: 'Something else.' });
    const rows = await search('passport');
    expect(rows.map(({ id }: { id: string }) => id)).toEqual([title, tag, text]);
    const ranks: number[] = rows.map(({ rank }: { rank: number }) => rank);
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
    expect(await found('passport', '&limit=2')).toEqual([title, tag]);
  });

  test('S-120 shows a short piece of the text around the words, without its markup', async () => {
    const filler = 'lorem ipsum dolor sit amet '.repeat(60);
    const id = await publish({
      title: 'Long',
      content: `${filler}<script>alert(1)</script> the <b>umbrella</b> stands here. ${filler}`,
    });
    const [hit] = await search('umbrella');
    expect(hit).toMatchObject({ id, title: 'Long', slug: 'long', visibility: 'public' });
    expect(hit.excerpt).toContain('umbrella');
    expect(hit.excerpt).not.toMatch(/[<>]/);
    expect(hit.excerpt.length).toBeLessThan(500);
    expect(hit).not.toHaveProperty('content');
  });

  test('S-117 finds nothing of another tenant, by either way', async () => {
    await publish({ title: 'Mine', content: 'giraffe' });
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    for (const query of ['giraffe', '-nothing', tenant.id]) {
      const { status, body } = await stranger.get(`/articles/search?query=${query}`);
      expect({ status, body }, query).toEqual({ status: 200, body: { data: [] } });
    }
    expect(await found('-nothing')).toHaveLength(1);
    const theirs = maker(() => stranger, '/articles');
    const articleId = await theirs({ title: 'Giraffe giraffe', content: 'giraffe' });
    await stranger.post('/articles/update', { articleId, status: 'published' });
    expect(await found('giraffe', '&limit=1'), 'the place of a limit').toHaveLength(1);
  });

  test('S-104 is for who may read articles', async () => {
    const { secret } = await automationKey(stack, tenant, ['collections.read']);
    const answer = await apiAs(stack.gateway.url, secret).get('/articles/search?query=x');
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  });

  test('S-113 takes a question as a person asks it, of the kind that a visitor may see', async () => {
    const reset = await publish({ title: 'Reset a password', content: 'Follow the link.' });
    const other = await publish({ title: 'Links', content: 'About a link.' });
    const inside = await publish({
      title: 'Reset a password by hand',
      content: 'For the desk.',
      visibility: 'internal',
    });
    const ask = (text: string, contentType: 'article' | 'internalArticle') =>
      stack.factory.withTenant(tenant.id, (tx) =>
        searchArticles(tx, text, { contentType, limit: 5, match: 'any' }),
      );
    const question = 'Hello! How can I reset my password & where is the link?';
    expect((await ask(question, 'article')).map(({ id }) => id)).toEqual([reset, other]);
    expect(await ask(question, 'internalArticle')).toMatchObject([{ id: inside }]);
    expect(await ask('who is the', 'article')).toEqual([]);
  });

  test('S-120 asks the index for tenant and words at once', async () => {
    const { database } = stack;
    await database.admin.query(
      `insert into articles (tenant_id, id, title, slug, content, status, published_at, position)
       select t.id, gen_random_uuid(), 'A', 'bulk-' || n, 'common w' || n, 'published', now(), n + 100
       from tenants t, generate_series(1, 2000) n`,
    );
    await database.admin.query(
      `insert into article_index (tenant_id, article_id, content_type, document)
       select a.tenant_id, a.id, 'article', article_document(a.tenant_id, a.title, a.tags, a.content)
       from articles a where a.slug like 'bulk-%'`,
    );
    await database.admin.query('vacuum analyze article_index');
    const client = await database.admin.connect();
    try {
      await client.query(`begin; select set_config('app.tenant', '${tenant.id}', true)`);
      const { rowCount } = await client.query(
        `select * from search_article_index(websearch_to_tsquery('english', 'w77'), 'article', 10)`,
      );
      expect(rowCount).toBe(1);
      const { rows } = await client.query(
        `select seq_scan::integer, idx_scan::integer, idx_tup_fetch::integer
         from pg_stat_xact_user_tables where relname = 'article_index'`,
      );
      expect(rows).toEqual([{ seq_scan: 0, idx_scan: 1, idx_tup_fetch: 1 }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
