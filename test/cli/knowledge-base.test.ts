import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs } from '../support/api.ts';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import { maker } from '../support/knowledge.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let cli: Cli;
let collectionId: string;
let articleId: string;

beforeAll(async () => {
  stack = await startTestStack();
  const { token } = await stack.factory.user(await stack.factory.tenant());
  cli = makeCli({ TIDEGATE_URL: stack.gateway.url, TIDEGATE_TOKEN: token });
  const api = apiAs(stack.gateway.url, token);
  collectionId = await maker(() => api, '/collections')({ name: 'Accounts' });
  const article = { title: 'Reset a password', content: 'Follow the link.', collectionId };
  articleId = await maker(() => api, '/articles')(article);
  await maker(() => api, '/articles')({ title: 'Loose', content: 'x' });
  await api.post('/articles/update', { articleId, status: 'published' });
});
afterAll(async () => {
  await cli.close();
  await stack.stop();
});

describe('articles and collections', () => {
  test('S-119 are listed by what the options say, and shown', async () => {
    const { stdout } = await cli.run(argv`articles list --collection ${collectionId}`);
    expect(stdout).toMatch(/^Reset a password\treset-a-password\tpublished\tpublic\t/m);
    expect(stdout).not.toContain('Loose');
    const drafts = await cli.json(argv`articles list --status draft --collection null`);
    expect(drafts.data).toMatchObject([{ title: 'Loose' }]);
    expect(await cli.json(argv`articles show ${articleId}`)).toMatchObject({
      data: { id: articleId, content: 'Follow the link.' },
    });
    expect((await cli.run(argv`collections list --parent null`)).stdout).toMatch(/^Accounts\t/m);
    expect(await cli.json(argv`collections show ${collectionId}`)).toMatchObject({
      data: { slug: 'accounts' },
    });
  });

  test('S-120 are searched for words', async () => {
    const { stdout } = await cli.run([
      'articles',
      'search',
      'password links',
      '--visibility',
      'public',
    ]);
    expect(stdout).toContain('Follow the link.');
    const none = await cli.json(['articles', 'search', 'password', '--visibility', 'internal']);
    expect(none.data).toEqual([]);
  });
});
