import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import type { TestTenant } from '../support/factory.ts';
import { auditedOf, eventsAbout, maker, reader } from '../support/knowledge.ts';
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

const caller = () => api;
const makeArticle = maker(caller, '/articles');
const makeCollection = maker(caller, '/collections');
const article = reader(caller, '/articles');
const keyFor = async (owner: TestTenant): Promise<ApiCaller> =>
  apiAs(stack.gateway.url, (await automationKey(stack, owner)).secret);

describe('a new article', () => {
  test('S-119 is a public draft at the end of its collection', async () => {
    const collectionId = await makeCollection({ name: 'Billing' });
    await makeArticle({ title: 'First', content: 'a', collectionId });
    const id = await makeArticle({
      title: 'How do I pay?',
      content: 'With **money**.',
      collectionId,
      tags: ['pay', 'bill', 'pay'],
    });
    expect(await article(id)).toEqual({
      id,
      workspaceId: tenant.id,
      collectionId,
      title: 'How do I pay?',
      slug: 'how-do-i-pay',
      content: 'With **money**.',
      visibility: 'public',
      status: 'draft',
      order: 2,
      tags: ['pay', 'bill'],
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      publishedAt: null,
    });
    expect(await article(await makeArticle({ title: 'Loose', content: 'b' }))).toMatchObject({
      collectionId: null,
      order: 1,
    });
  });

  test('S-119 of many with one title at once gets a slug and a place of its own', async () => {
    const body = { title: 'Same', content: 'x', collectionId: await makeCollection({ name: 'C' }) };
    const ids = await Promise.all(Array.from({ length: 20 }, () => makeArticle(body)));
    const made = await Promise.all(ids.map(article));
    const numbers = Array.from({ length: 20 }, (_, at) => at);
    const slugs = numbers.map((number) => (number === 0 ? 'same' : `same-${number}`));
    expect(new Set(made.map(({ slug }) => slug))).toEqual(new Set(slugs));
    expect(made.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual(
      numbers.map((number) => number + 1),
    );
  });

  test('S-119 steps over slugs that titles with a number at their end have taken', async () => {
    await makeArticle({ title: 'Plan 1', content: 'x' });
    await makeArticle({ title: 'Plan', content: 'x' });
    const third = await makeArticle({ title: 'Plan!', content: 'x' });
    expect(await article(third)).toMatchObject({ slug: 'plan-2' });
  });

  test('S-119 is refused once a hundred numbers of its title are taken', async () => {
    await stack.database.admin.query(
      `insert into articles (tenant_id, id, title, slug, content, position)
       select $1, gen_random_uuid(), 'Full', 'full' || case n when 0 then '' else '-' || n end, 'x', n
       from generate_series(0, 99) n`,
      [tenant.id],
    );
    const last = await makeArticle({ title: 'Full', content: 'x' });
    expect(await article(last)).toMatchObject({ slug: 'full-100' });
    expect(await api.post('/articles/create', { title: 'full', content: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'slugs_exhausted', details: [{ pointer: '/title' }] },
    });
    const id = await makeArticle({ title: 'Other', content: 'x' });
    const renamed = await api.post('/articles/update', { articleId: id, title: 'FULL' });
    expect(renamed).toMatchObject({ status: 409, body: { code: 'slugs_exhausted' } });
    expect(await article(id)).toMatchObject({ title: 'Other', slug: 'other' });
  });

  test('S-119 whose title has no Latin letter is never short of slugs', async () => {
    const ids = [
      await makeArticle({ title: 'Вопросы', content: 'x' }),
      await makeArticle({ title: '?!', content: 'x' }),
    ];
    for (const id of ids) {
      expect(await article(id)).toMatchObject({ slug: `article-${id.slice(-12)}` });
    }
  });

  test('S-119 may be as long as 200,000 characters, and no longer', async () => {
    const content = 'ю'.repeat(200_000);
    const id = await makeArticle({ title: 'Long', content });
    expect((await article(id)).content).toBe(content);
    const longer = await api.post('/articles/create', { title: 'Long', content: `${content}я` });
    expect(longer).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', details: [{ pointer: '/content' }] },
    });
  });

  test('S-119 asks for a title and a content, and for nothing it does not know', async () => {
    const wrong: [object, string][] = [
      [{ content: 'x' }, '/title'],
      [{ title: 'x' }, '/content'],
      [{ title: ' ', content: 'x' }, '/title'],
      [{ title: 'x\0', content: 'x' }, '/title'],
      [{ title: 'x', content: 'x', status: 'published' }, ''],
      [{ title: 'x', content: 'x', visibility: 'secret' }, '/visibility'],
      [{ title: 'x', content: 'x', collectionId: 'c' }, '/collectionId'],
    ];
    for (const [body, pointer] of wrong) {
      expect(await api.post('/articles/create', body), JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', details: [{ pointer }] },
      });
    }
  });
});

describe('a changed article', () => {
  test('S-119 has its slug re-made with its title, and keeps it otherwise', async () => {
    await makeArticle({ title: 'New name', content: 'x' });
    const id = await makeArticle({ title: 'Old name', content: 'x' });
    const renamed = await api.post('/articles/update', { articleId: id, title: 'New name' });
    expect(renamed).toMatchObject({ status: 200, body: { id } });
    expect(await article(id)).toMatchObject({
      title: 'New name',
      slug: 'new-name-1',
      content: 'x',
    });
    await api.post('/articles/update', { articleId: id, title: 'New name', content: 'y' });
    expect(await article(id)).toMatchObject({ slug: 'new-name-1', content: 'y' });
    await makeArticle({ title: 'Old name', content: 'x' });
  });

  test('S-119 goes to the end of the collection that it is moved to', async () => {
    const collectionId = await makeCollection({ name: 'Target' });
    await makeArticle({ title: 'There', content: 'x', collectionId });
    const id = await makeArticle({ title: 'Moving', content: 'x' });
    await api.post('/articles/update', { articleId: id, collectionId });
    expect(await article(id)).toMatchObject({ collectionId, order: 2 });
    await api.post('/articles/update', { articleId: id, collectionId: null });
    expect(await article(id)).toMatchObject({ collectionId: null, order: 1 });
  });

  test('S-120 is stamped when published, keeps the moment archived, and loses it as a draft', async () => {
    const id = await makeArticle({ title: 'Stages', content: 'x' });
    const becomes = async (status: string): Promise<string | null> => {
      const answer = await api.post('/articles/update', { articleId: id, status });
      expect(answer.status).toBe(200);
      const shown = await article(id);
      expect(shown.status).toBe(status);
      return shown.publishedAt;
    };
    expect(await becomes('archived')).toBeNull();
    const first = await becomes('published');
    expect(Date.parse(first ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(await becomes('published')).toBe(first);
    expect(await becomes('archived')).toBe(first);
    const second = await becomes('published');
    expect(Date.parse(second ?? '')).toBeGreaterThan(Date.parse(first ?? ''));
    expect(await becomes('draft')).toBeNull();
  });

  test('S-093 S-122 tells of each write, and the credential is audited for it', async () => {
    const key = await keyFor(tenant);
    const { body: made } = await key.post('/articles/create', { title: 'Told', content: 'secret' });
    const collectionId = await makeCollection({ name: 'Told' });
    await key.post('/articles/update', {
      articleId: made.id,
      status: 'published',
      visibility: 'internal',
      collectionId,
    });
    expect(await key.post('/articles/delete', { articleId: made.id })).toMatchObject({
      status: 200,
      body: { id: made.id },
    });
    const last = { status: 'published', visibility: 'internal', collectionId };
    const of = { object_type: 'article' };
    expect(await eventsAbout(stack, made.id)).toEqual([
      {
        ...of,
        type: 'article.created',
        data: { status: 'draft', visibility: 'public', collectionId: null },
      },
      { ...of, type: 'article.updated', data: last },
      { ...of, type: 'article.deleted', data: last },
    ]);
    expect(await auditedOf(stack, made.id)).toEqual([
      'api automation.article.created article',
      'api automation.article.updated article',
      'api automation.article.deleted article',
    ]);
    expect(await api.get(`/articles/get?id=${made.id}`)).toMatchObject({ status: 404 });
  });

  test('S-020 is changed and deleted once for an Idempotency-Key', async () => {
    const create = { title: 'Once', content: 'x' };
    const headers = { 'idempotency-key': randomUUID() };
    const first = await api.post('/articles/create', create, headers);
    expect(await api.post('/articles/create', create, headers)).toMatchObject({
      status: 201,
      body: first.body,
    });
    const gone = { 'idempotency-key': randomUUID() };
    const articleId = first.body.id;
    for (let time = 0; time < 2; time += 1) {
      expect(await api.post('/articles/delete', { articleId }, gone)).toMatchObject({
        status: 200,
        body: { id: articleId },
      });
    }
    const types = (await eventsAbout(stack, articleId)).map(({ type }) => type);
    expect(types).toEqual(['article.created', 'article.deleted']);
  });
});

describe('articles of others', () => {
  test('S-117 are not there, nor are their collections, and nothing is written', async () => {
    const id = await makeArticle({ title: 'Mine', content: 'x' });
    const collectionId = await makeCollection({ name: 'Mine' });
    const stranger = await keyFor(await stack.factory.tenant());
    const { body: theirs } = await stranger.post('/articles/create', { title: 'T', content: 'x' });
    const noSuch = { status: 404, body: { code: 'not_found' } };
    expect(await stranger.get(`/articles/get?id=${id}`)).toMatchObject(noSuch);
    for (const articleId of [id, randomUUID()]) {
      expect(await stranger.post('/articles/update', { articleId, title: 'X' })).toMatchObject(
        noSuch,
      );
      expect(await stranger.post('/articles/delete', { articleId })).toMatchObject(noSuch);
    }
    for (const foreign of [collectionId, randomUUID()]) {
      const create = { title: 'X', content: 'x', collectionId: foreign };
      expect(await stranger.post('/articles/create', create)).toMatchObject({
        ...noSuch,
        body: { details: [{ pointer: '/collectionId' }] },
      });
      const move = { articleId: theirs.id, title: 'Moved', collectionId: foreign };
      expect(await stranger.post('/articles/update', move)).toMatchObject(noSuch);
    }
    const { body: list } = await stranger.get('/articles');
    expect(list.data).toMatchObject([{ id: theirs.id, title: 'T', collectionId: null }]);
    expect(await article(id)).toMatchObject({ title: 'Mine' });
    expect(await eventsAbout(stack, theirs.id)).toHaveLength(1);
  });

  test('S-104 need the scope, and a viewer reads only', async () => {
    const reading = await automationKey(stack, tenant, ['articles.read']);
    const key = apiAs(stack.gateway.url, reading.secret);
    expect(await key.post('/articles/create', { title: 'X', content: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing', message: expect.stringContaining('articles.write') },
    });
    const collections = await key.get('/collections');
    expect(collections).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    const user = await stack.factory.user(tenant, { role: 'viewer' });
    const viewer = apiAs(stack.gateway.url, user.token);
    expect(await viewer.get('/articles')).toMatchObject({ status: 200 });
    expect(await viewer.post('/articles/create', { title: 'X', content: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'permission_missing' },
    });
  });
});

describe('the list of articles', () => {
  test('S-114 has those of a status and of a collection, or of none, last changed first', async () => {
    const collectionId = await makeCollection({ name: 'Shelf' });
    const loose = await makeArticle({ title: 'Loose', content: 'x' });
    const shelved = await makeArticle({ title: 'Shelved', content: 'x', collectionId });
    await api.post('/articles/update', { articleId: loose, status: 'published' });
    const idsOf = async (query: string): Promise<string[]> =>
      (await api.get(`/articles${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await idsOf('')).toEqual([loose, shelved]);
    expect(await idsOf('?status=draft')).toEqual([shelved]);
    expect(await idsOf(`?collectionId=${collectionId}`)).toEqual([shelved]);
    expect(await idsOf('?collectionId=null')).toEqual([loose]);
    expect(await api.get('/articles?status=gone')).toMatchObject({ status: 400 });
  });

  test('S-114 comes whole and without repeats where all changed in one millisecond', async () => {
    await stack.database.admin.query(
      `insert into articles (tenant_id, id, title, slug, content, position, updated_at)
       select $1, gen_random_uuid(), 'A', 'a-' || n, 'x', n, '2026-01-01'
       from generate_series(1, 2050) n`,
      [tenant.id],
    );
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.get(`/articles?limit=100${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
      expect(body.hasMore).toBe(cursor !== null);
    } while (cursor !== null);
    expect(seen).toHaveLength(2050);
    expect(new Set(seen).size).toBe(2050);
  });
});
