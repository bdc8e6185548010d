import { defineFamily } from '../event-type.ts';
import { id, oneOf, open } from '../parts.ts';

const articleData = open({
  status: oneOf(['draft', 'published', 'archived'], 'Status of the article'),
  visibility: oneOf(['public', 'internal'], 'Who may read it'),
  collectionId: id('its collection; null when it is in none').nullable(),
});
const articleExample = (status: 'draft' | 'published' | 'archived') =>
  [
    {
      resource: { type: 'article', id: '018f2f6e-be00-7a40-9d88-6fc192405daa' },
      data: { status, visibility: 'public', collectionId: '018f2f6e-8888-7000-8000-000000000008' },
    },
  ] as const;

export const articleFamily = defineFamily({
  title: 'Articles',
  description: 'Articles of the knowledge base. Their texts are read over the API.',
  types: [
    {
      name: 'article.created',
      title: 'Article created',
      description: 'An article has been drafted.',
      data: articleData,
      resourceTypes: ['article'],
      examples: articleExample('draft'),
    },
    {
      name: 'article.updated',
      title: 'Article changed',
      description: 'An article has been changed, published, archived or made a draft again.',
      data: articleData,
      resourceTypes: ['article'],
      examples: articleExample('published'),
    },
    {
      name: 'article.deleted',
      title: 'Article deleted',
      description: 'An article is gone. What it was last is in the data.',
      data: articleData,
      resourceTypes: ['article'],
      examples: articleExample('archived'),
    },
  ],
});

const collectionData = open({
  parentId: id('the collection it is in; null when it is a root').nullable(),
});
const collectionExamples = [
  {
    resource: { type: 'collection', id: '018f2f6e-8888-7000-8000-000000000008' },
    data: { parentId: null },
  },
] as const;

export const collectionFamily = defineFamily({
  title: 'Collections',
  description: 'Collections of articles, which form a tree.',
  types: [
    {
      name: 'collection.created',
      title: 'Collection created',
      description: 'A collection has been made.',
      data: collectionData,
      resourceTypes: ['collection'],
      examples: collectionExamples,
    },
    {
      name: 'collection.updated',
      title: 'Collection changed',
      description: 'A collection has been changed or moved.',
      data: collectionData,
      resourceTypes: ['collection'],
      examples: collectionExamples,
    },
    {
      name: 'collection.deleted',
      title: 'Collection deleted',
      description: 'A collection is gone. It was empty.',
      data: collectionData,
      resourceTypes: ['collection'],
      examples: collectionExamples,
    },
  ],
});
