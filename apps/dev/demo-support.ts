import { v7 as uuidv7 } from 'uuid';
import { indexArticle } from '../../shared/db/queries/article-index.ts';
import { insertArticle, updateArticle } from '../../shared/db/queries/articles.ts';
import {
  findFreeSlug,
  lockSluggedTable,
  nextPosition,
} from '../../shared/db/queries/slugged-tables.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';

/** What the demo's knowledge base says, by slug; the second one is what the printed question is about. */
const articles = [
  {
    slug: 'when-is-my-invoice-due',
    title: 'When is my invoice due?',
    content: 'An invoice is due 14 days after its date. Reminders are sent after 21 and 30 days.',
    tags: ['invoice', 'payment'],
  },
  {
    slug: 'how-to-reset-your-password',
    title: 'How to reset your password',
    content:
      'Choose “Forgotten” where you sign in. A link comes by mail and works for one hour; the new password must have 12 characters or more.',
    tags: ['password', 'login'],
  },
];

/** Publishes the demo's articles that are not there. */
export async function keepDemoArticles(tx: TenantTx): Promise<void> {
  await lockSluggedTable(tx, 'articles');
  for (const article of articles) {
    const id = uuidv7();
    const { slug } = article;
    if ((await findFreeSlug(tx, 'articles', { slug, ownId: id })) !== slug) continue;
    const draft = {
      ...article,
      collectionId: null,
      visibility: 'public',
      status: 'draft',
      order: await nextPosition(tx, 'articles', null),
    } as const;
    await insertArticle(tx, id, draft);
    await indexArticle(tx, await updateArticle(tx, id, { ...draft, status: 'published' }));
  }
}

/** A question of a visitor as the chat on a page reports it, with ids of their own for each start. */
export const demoQuestion = (stamp: string): object => ({
  conversationId: `chat-${stamp}`,
  messageId: `question-${stamp}`,
  visitor: { name: 'Ada', email: 'ada@visitor.example' },
  content: 'I cannot sign in any more. How can I reset my password?',
});
