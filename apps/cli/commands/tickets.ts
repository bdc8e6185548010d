import { Option } from 'commander';
import { ticketPriorities, ticketStatuses } from '../../../shared/domain/ticket.ts';
import type {
  CommentView,
  TicketDetailView,
  TicketView,
} from '../../../shared/schemas/ticket-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { moment, needed, withoutUndefined } from '../options/values.ts';
import { formatRecord } from '../output/table.ts';

interface TicketOptions {
  readonly status?: string;
  readonly priority?: string;
  readonly assignee?: string;
}

interface TicketListOptions extends ListOptions, TicketOptions {
  readonly updatedSince?: string;
}

interface NewTicketOptions extends TicketOptions {
  readonly subject: string;
  readonly description?: string;
  readonly visitor?: string;
  readonly conversation?: string;
}

type Written = { readonly id: string };

const example = '01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40';

const statusOption = (meaning: string): Option =>
  new Option('--status <status>', meaning).choices(ticketStatuses);
const priorityOption = (meaning: string): Option =>
  new Option('--priority <priority>', meaning).choices(ticketPriorities);

export const tickets: CommandGroup = {
  name: 'tickets',
  summary: 'Tickets of the service desk, and what is said on them',
  commands: [
    defineCommand<TicketListOptions>({
      usage: 'list',
      summary: 'The tickets, last changed first',
      examples: ['tickets list --status submitted', 'tickets list --priority urgent --all --json'],
      options: [
        statusOption('those of one status'),
        priorityOption('those of one priority'),
        new Option('--assignee <user>', 'those assigned to one user, by id'),
        new Option('--updated-since <moment>', 'those changed after this moment').argParser(moment),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const { status, priority, assignee, updatedSince } = options;
        const filter = { status, priority, assignee, updatedSince };
        out.list(await readList<TicketView>(api, '/tickets', options, filter), [
          ['CHANGED', ({ updatedAt }) => updatedAt],
          ['NUMBER', ({ number }) => number],
          ['ID', ({ id }) => id],
          ['STATUS', (ticket) => ticket.status],
          ['PRIORITY', (ticket) => ticket.priority],
          ['SUBJECT', ({ subject }) => subject],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <ticket>',
      summary: 'One ticket',
      examples: [`tickets show ${example}`],
      async run({ api, out }, id) {
        const ticket = await api.get<TicketDetailView>('/tickets/get', { id });
        out.document(ticket, formatRecord(ticket));
      },
    }),
    defineCommand<NewTicketOptions>({
      usage: 'create',
      summary: 'Open a ticket',
      description: 'Of a conversation, it belongs to the visitor of the conversation.',
      examples: [
        `tickets create --subject 'Printer on fire' --priority urgent`,
        `tickets create --subject 'Refund' --conversation ${example}`,
      ],
      options: [
        needed('--subject <text>', 'what it is about'),
        new Option('--description <text>', 'the rest of it'),
        priorityOption('normal when left out'),
        new Option('--visitor <visitor>', 'who asked, by id'),
        new Option('--conversation <conversation>', 'the conversation that it is made of, by id'),
        new Option('--assignee <user>', 'who works on it, by id'),
      ],
      async run({ api, out, options }) {
        const { subject, description, priority } = options;
        const { visitor: visitorId, conversation: conversationId, assignee: assigneeId } = options;
        const given = { subject, description, priority, visitorId, conversationId, assigneeId };
        const answer = await api.post<Written>('/tickets/create', withoutUndefined(given));
        out.document(answer, answer.id);
      },
    }),
    defineCommand<TicketOptions & { readonly summary?: string }>({
      usage: 'update <ticket>',
      summary: 'Change a ticket: status, priority, assignee, how it was resolved',
      description:
        'A ticket of a board moves to the first row of the board that stands for the status.',
      examples: [
        `tickets update ${example} --status resolved --summary 'Put out'`,
        `tickets update ${example} --assignee none`,
      ],
      options: [
        statusOption('its status'),
        priorityOption('its priority'),
        new Option('--assignee <user>', 'who works on it, by id; "none" for nobody'),
        new Option('--summary <text>', 'how it was resolved'),
      ],
      async run({ api, out, options }, ticketId) {
        const { status, priority, assignee, summary: resolutionSummary } = options;
        const assigneeId = assignee === 'none' ? null : assignee;
        const change = withoutUndefined({ status, priority, assigneeId, resolutionSummary });
        if (Object.keys(change).length === 0) throw usageFailure('Say what is to be changed.');
        const answer = await api.post<Written>('/tickets/update', { ticketId, ...change });
        out.document(answer, answer.id);
      },
    }),
    defineCommand<{ readonly internal?: boolean }>({
      usage: 'comment <ticket> [text]',
      summary: 'Say something on a ticket; without a text, what standard input holds',
      examples: [
        `tickets comment ${example} 'We are on it'`,
        `tickets comment ${example} --internal`,
      ],
      options: [new Option('--internal', 'a note for users only: no endpoint is told')],
      async run({ api, input, out, options }, ticketId, text?: string) {
        const content = text ?? (await input.bytes('-')).toString('utf8').replace(/\r?\n$/, '');
        const isInternal = options.internal === true;
        const body = { ticketId, content, isInternal };
        const answer = await api.post<Written>('/tickets/comments/create', body);
        out.document(answer, answer.id);
      },
    }),
    defineCommand<ListOptions>({
      usage: 'comments <ticket>',
      summary: 'What was said on a ticket, oldest first',
      examples: [`tickets comments ${example} --all`],
      options: listOptions(),
      async run({ api, out, options }, ticketId) {
        out.list(await readList<CommentView>(api, '/tickets/comments', options, { ticketId }), [
          ['SAID', ({ createdAt }) => createdAt],
          ['BY', ({ authorType }) => authorType],
          ['INTERNAL', ({ isInternal }) => isInternal],
          ['TEXT', ({ content }) => content],
        ]);
      },
    }),
  ],
};
