import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
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
const makeCollection = maker(caller, '/collections');
const makeArticle = maker(caller, '/articles');
const collection = reader(caller, '/collections');
const move = (collectionId: string, parentId: string | null): Promise<ApiAnswer> =>
  api.post('/collections/update', { collectionId, parentId });
const drop = (collectionId: string): Promise<ApiAnswer> =>
  api.post('/collections/delete', { collectionId });
const cycle = {
  status: 409,
  body: { code: 'collection_cycle', details: [{ pointer: '/parentId' }] },
};
const notEmpty = { status: 409, body: { code: 'collection_not_empty' } };

describe('a collection', () => {
  test('S-121 is made with a slug, at the end of its siblings', async () => {
    const root = await makeCollection({ name: 'Help', description: 'All of it', icon: 'book' });
    await makeCollection({ name: 'Help', parentId: root });
    const id = await makeCollection({ name: 'Help', parentId: root });
    expect(await collection(id)).toEqual({
      id,
      workspaceId: tenant.id,
      name: 'Help',
      slug: 'help-2',
      description: null,
      icon: null,
      parentId: root,
      order: 2,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await collection(root)).toMatchObject({
      slug: 'help',
      description: 'All of it',
      icon: 'book',
      parentId: null,
      order: 1,
    });
  });

  test('S-121 of many made at once has a slug and a place of its own', async () => {
    const parentId = await makeCollection({ name: 'Root' });
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => makeCollection({ name: 'Same', parentId })),
    );
    const made = await Promise.all(ids.map(collection));
    expect(new Set(made.map(({ slug }) => slug)).size).toBe(20);
    expect(made.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
  });

  test('S-121 has its slug re-made with its name, and values taken away by null', async () => {
    const id = await makeCollection({ name: 'Before', description: 'text', icon: 'x' });
    await api.post('/collections/update', { collectionId: id, name: 'After', icon: null });
    expect(await collection(id)).toMatchObject({
      name: 'After',
      slug: 'after',
      description: 'text',
      icon: null,
    });
  });

  test('S-121 becomes a root by a null parent', async () => {
    const root = await makeCollection({ name: 'Root' });
    const id = await makeCollection({ name: 'Child', parentId: root });
    expect(await move(id, null)).toMatchObject({ status: 200, body: { id } });
    expect(await collection(id)).toMatchObject({ parentId: null, order: 2 });
    const { body: roots } = await api.get('/collections?parentId=null');
    expect(roots.data).toMatchObject([{ id }, { id: root }]);
    expect((await api.get(`/collections?parentId=${root}`)).body.data).toEqual([]);
  });

  test('S-121 cannot stand in itself, however far under it', async () => {
    const top = await makeCollection({ name: 'Top' });
    const middle = await makeCollection({ name: 'Middle', parentId: top });
    const bottom = await makeCollection({ name: 'Bottom', parentId: middle });
    for (const parentId of [top, middle, bottom]) {
      expect(await move(top, parentId)).toMatchObject(cycle);
    }
    expect(await collection(top)).toMatchObject({ parentId: null });
    expect(await move(bottom, top)).toMatchObject({ status: 200 });
  });

  test('S-121 of two moves at once that would make a ring, one is refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a, b] = [await makeCollection({ name: 'A' }), await makeCollection({ name: 'B' })];
      const answers = await Promise.all([move(a, b), move(b, a)]);
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
      const [first, second] = [await collection(a), await collection(b)];
      expect([first.parentId, second.parentId]).toContain(null);
    }
  });

  test('S-121 of many moves at once along a line, no ring is left', async () => {
    const ids = await Promise.all(
      Array.from({ length: 6 }, (_, at) => makeCollection({ name: `N${at}` })),
    );
    const moves = ids.map((id, at) => move(id, ids[(at + 1) % ids.length] ?? null));
    const answers = await Promise.all(moves);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
  });
});

describe('the end of a collection', () => {
  test('S-121 is refused while it holds a collection or an article', async () => {
    const root = await makeCollection({ name: 'Root' });
    const child = await makeCollection({ name: 'Child', parentId: root });
    const articleId = await makeArticle({ title: 'X', content: 'x', collectionId: child });
    expect(await drop(root)).toMatchObject({
      ...notEmpty,
      body: { details: [{ message: 'The collection holds other collections.' }] },
    });
    expect(await drop(child)).toMatchObject({
      ...notEmpty,
      body: { details: [{ message: 'The collection holds articles.' }] },
    });
    await api.post('/articles/delete', { articleId });
    expect(await drop(child)).toMatchObject({ status: 200, body: { id: child } });
    expect(await drop(root)).toMatchObject({ status: 200 });
    expect(await drop(root)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('S-121 and articles that come at the same moment never pass each other', async () => {
    for (let round = 0; round < 12; round += 1) {
      const collectionId = await makeCollection({ name: 'Race' });
      const make = (): Promise<ApiAnswer> =>
        api.post('/articles/create', { title: 'X', content: 'x', collectionId });
      // The first half of the rounds begins with articles, the other with the end of the collection.
      const early = round < 6 ? [make(), make()] : [];
      const gone = drop(collectionId);
      const made = await Promise.all([...early, make(), make()]);
      const outcome = [(await gone).status, ...new Set(made.map(({ status }) => status))];
      expect(['200 404', '409 201']).toContain(outcome.join(' '));
    }
  });
});

describe('writes of collections', () => {
  test('S-117 refuse a parent of another tenant, and know nothing of its collections', async () => {
    const mine = await makeCollection({ name: 'Mine' });
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    const { body: theirs } = await stranger.post('/collections/create', { name: 'Theirs' });
    const noSuch = { status: 404, body: { code: 'not_found' } };
    for (const parentId of [mine, randomUUID()]) {
      const refused = { ...noSuch, body: { details: [{ pointer: '/parentId' }] } };
      expect(await stranger.post('/collections/create', { name: 'X', parentId })).toMatchObject(
        refused,
      );
      const moved = { collectionId: theirs.id, name: 'Y', parentId };
      expect(await stranger.post('/collections/update', moved)).toMatchObject(refused);
    }
    const rename = { collectionId: mine, name: 'Z' };
    expect(await stranger.post('/collections/update', rename)).toMatchObject(noSuch);
    expect(await stranger.post('/collections/delete', { collectionId: mine })).toMatchObject(
      noSuch,
    );
    expect((await stranger.get('/collections')).body.data).toMatchObject([{ name: 'Theirs' }]);
    expect(await collection(mine)).toMatchObject({ name: 'Mine' });
    expect(await eventsAbout(stack, theirs.id)).toHaveLength(1);
  });

  test('S-093 S-122 tell of each write, and the credential is audited for it', async () => {
    const key = apiAs(stack.gateway.url, (await automationKey(stack, tenant)).secret);
    const root = await makeCollection({ name: 'Root' });
    const { body: made } = await key.post('/collections/create', { name: 'Told' });
    await key.post('/collections/update', { collectionId: made.id, parentId: root });
    await key.post('/collections/delete', { collectionId: made.id });
    const of = { object_type: 'collection' };
    expect(await eventsAbout(stack, made.id)).toEqual([
      { ...of, type: 'collection.created', data: { parentId: null } },
      { ...of, type: 'collection.updated', data: { parentId: root } },
      { ...of, type: 'collection.deleted', data: { parentId: root } },
    ]);
    expect(await auditedOf(stack, made.id)).toEqual([
      'api automation.collection.created collection',
      'api automation.collection.updated collection',
      'api automation.collection.deleted collection',
    ]);
    expect(await auditedOf(stack, root)).toEqual(['user collection.created collection']);
  });
});
