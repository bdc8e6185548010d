import { Option } from 'commander';
import type { z } from 'zod';
import type { ArticleView, foundArticlesSchema } from '../../../shared/schemas/article-api.ts';
import type { CollectionView } from '../../../shared/schemas/collection-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { integer } from '../options/values.ts';

interface ArticleListOptions extends ListOptions {
  readonly status?: string;
  readonly collection?: string;
}

interface SearchOptions {
  readonly limit?: number;
  readonly visibility?: string;
}

const exampleId = '018f2f6e-be00-7a40-9d88-6fc192405daa';

export const articles: CommandGroup = {
  name: 'articles',
  summary: 'Articles of the knowledge base',
  commands: [
    defineCommand<ArticleListOptions>({
      usage: 'list',
      summary: 'The articles, last changed first',
      examples: ['articles list --status published', 'articles list --collection null --all'],
      options: [
        new Option('--status <status>', 'those of one status').choices([
          'draft',
          'published',
          'archived',
        ]),
        new Option('--collection <id>', 'those of one collection; null for those of none'),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const of = { status: options.status, collectionId: options.collection };
        out.list(await readList<ArticleView>(api, '/articles', options, of), [
          ['TITLE', ({ title }) => title],
          ['SLUG', ({ slug }) => slug],
          ['STATUS', ({ status }) => status],
          ['VISIBILITY', ({ visibility }) => visibility],
          ['CHANGED', ({ updatedAt }) => updatedAt],
          ['ID', ({ id }) => id],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <article>',
      summary: 'One article by its id, with its text',
      examples: [`articles show ${exampleId}`],
      async run({ api, out }, id) {
        out.item({ data: await api.get<ArticleView>('/articles/get', { id }) });
      },
    }),
    defineCommand<SearchOptions>({
      usage: 'search <text>',
      summary: 'Published articles that fit a text, the best first',
      examples: ['articles search "reset password"', 'articles search refund --visibility public'],
      options: [
        new Option('--visibility <visibility>', 'those for all, or for users only').choices([
          'public',
          'internal',
        ]),
        new Option('--limit <rows>', 'rows at most, 1 to 100').argParser(integer(1, 100)),
      ],
      async run({ api, out, options: { limit, visibility } }, query) {
        const of = { query, limit, visibility };
        const found = await api.get<z.output<typeof foundArticlesSchema>>('/articles/search', of);
        out.list(found, [
          ['TITLE', ({ title }) => title],
          ['VISIBILITY', ({ visibility: shown }) => shown],
          ['ID', ({ id }) => id],
          ['EXCERPT', ({ excerpt }) => excerpt],
        ]);
      },
    }),
  ],
};

export const collections: CommandGroup = {
  name: 'collections',
  summary: 'Collections of articles',
  commands: [
    defineCommand<ListOptions & { readonly parent?: string }>({
      usage: 'list',
      summary: 'The collections, last changed first',
      examples: ['collections list --parent null', 'collections list --all --json'],
      options: [
        new Option('--parent <id>', 'those in one collection; null for the roots'),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const of = { parentId: options.parent };
        out.list(await readList<CollectionView>(api, '/collections', options, of), [
          ['NAME', ({ name }) => name],
          ['SLUG', ({ slug }) => slug],
          ['ORDER', ({ order }) => order],
          ['PARENT', ({ parentId }) => parentId],
          ['ID', ({ id }) => id],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <collection>',
      summary: 'One collection by its id',
      examples: [`collections show ${exampleId}`],
      async run({ api, out }, id) {
        out.item({ data: await api.get<CollectionView>('/collections/get', { id }) });
      },
    }),
  ],
};
