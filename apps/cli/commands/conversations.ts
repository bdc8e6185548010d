import { Option } from 'commander';
import { conversationChannels, conversationStatuses } from '../../../shared/domain/conversation.ts';
import type {
  ConversationDetailView,
  ConversationView,
  MessageView,
} from '../../../shared/schemas/conversation-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { usageFailure } from '../failure.ts';
import type { Input } from '../input.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { pairs, withoutUndefined } from '../options/values.ts';
import type { Output } from '../output/output.ts';
import { formatRecord } from '../output/table.ts';

interface FilterOptions extends ListOptions {
  readonly status?: string;
  readonly assignee?: string;
  readonly channel?: string;
  readonly email?: string;
  readonly externalUser?: string;
  readonly attribute?: string;
}

interface SendOptions {
  readonly text?: string;
  readonly file?: string;
  readonly claim?: string;
  readonly idempotencyKey?: string;
}

interface UpdateOptions {
  readonly status?: string;
  readonly assignee?: string;
  readonly unassign?: boolean;
}

interface Written {
  readonly id: string;
}

const path = '/conversations';
const example = '01994d1c-5c5e-7b56-8f0e-6a1c1d2e3f40';
const userExample = '01994d1c-77aa-7c10-9d3e-2b4c6d8e0f12';

export const conversations: CommandGroup = {
  name: 'conversations',
  summary: 'What visitors and the desk say to each other; each is named by its id',
  commands: [
    defineCommand<FilterOptions>({
      usage: 'list',
      summary: 'The conversations, last changed first',
      examples: [
        'conversations list --status open',
        'conversations list --email ada@customer.example --attribute plan=pro --all --json',
      ],
      options: [
        new Option('--status <status>', 'those in this state').choices(conversationStatuses),
        new Option('--assignee <user>', 'those of one user, by id'),
        new Option('--channel <channel>', 'those that take place here').choices(
          conversationChannels,
        ),
        new Option('--email <address>', 'those of the visitor with this address'),
        new Option('--external-user <id>', 'those of the visitor with this id elsewhere'),
        new Option('--attribute <name=value>', 'those of visitors with this attribute'),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        out.list(await readList<ConversationView>(api, path, options, queryOf(options)), [
          ['CHANGED', ({ updatedAt }) => updatedAt],
          ['ID', ({ id }) => id],
          ['STATUS', ({ status }) => status],
          ['CHANNEL', ({ channel }) => channel],
          ['AI', ({ aiWorkflowState }) => aiWorkflowState],
          ['CLAIMED UNTIL', ({ claim }) => claim?.expiresAt],
          ['ASSIGNEE', ({ assignedAgentId }) => assignedAgentId],
          ['LAST FROM VISITOR', ({ lastInboundMessagePreview }) => lastInboundMessagePreview],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <conversation>',
      summary: 'One conversation: who has it, and how it stands',
      examples: [`conversations show ${example}`],
      async run({ api, out }, id) {
        show(out, await api.get<ConversationDetailView>(`${path}/get`, { id }));
      },
    }),
    defineCommand<ListOptions>({
      usage: 'messages <conversation>',
      summary: 'Its messages, oldest first',
      examples: [`conversations messages ${example} --all`],
      options: listOptions(),
      async run({ api, out, options }, conversationId) {
        const filter = { conversationId };
        out.list(await readList<MessageView>(api, `${path}/messages`, options, filter), [
          ['WRITTEN', ({ createdAt }) => createdAt],
          ['FROM', ({ senderType }) => senderType],
          ['SENDER', ({ senderId }) => senderId],
          ['TEXT', ({ content }) => content],
        ]);
      },
    }),
    defineCommand<SendOptions>({
      usage: 'send <conversation>',
      summary: 'Write to the visitor: as yourself, or with an automation key as its actor',
      description:
        'The text comes from --text, or else from a file or standard input. A key needs its claim of the conversation; a person is refused while a program has one. The same --idempotency-key sends one message, however often it is used within 24 hours.',
      examples: [
        `conversations send ${example} --text 'It is on its way.'`,
        `conversations send ${example} --file answer.txt --idempotency-key answer-17`,
      ],
      options: [
        new Option('--text <text>', 'what to write'),
        new Option('--file <file>', 'a file with the text; - is standard input').conflicts('text'),
        new Option('--claim <id>', 'send only while this claim, of this key, is live'),
        new Option('--idempotency-key <key>', 'makes a repeat the same send; drawn when absent'),
      ],
      async run({ api, input, out, options }, conversationId) {
        const { text, file = '-', claim: claimId, idempotencyKey } = options;
        const content = text ?? (await readText(input, file));
        const body = withoutUndefined({ conversationId, content, claimId });
        const answer = await api.post<Written>(`${path}/messages/send`, body, idempotencyKey);
        out.document(answer, formatRecord({ ...answer }));
      },
    }),
    defineCommand<UpdateOptions>({
      usage: 'update <conversation>',
      summary: 'Change its status, or whose it is',
      examples: [
        `conversations update ${example} --status closed`,
        `conversations update ${example} --assignee ${userExample}`,
        `conversations update ${example} --status open --unassign`,
      ],
      options: [
        new Option('--status <status>', 'the new status').choices(conversationStatuses),
        new Option('--assignee <user>', 'the user it is given to, by id').conflicts('unassign'),
        new Option('--unassign', 'it is nobody’s'),
      ],
      async run({ api, out, options }, conversationId) {
        const { status, assignee, unassign } = options;
        const assignedAgentId = unassign === true ? null : assignee;
        const change = withoutUndefined({ status, assignedAgentId });
        if (Object.keys(change).length === 0) {
          throw usageFailure('Give --status, --assignee or --unassign.');
        }
        const { id } = await api.post<Written>(`${path}/update`, { conversationId, ...change });
        show(out, await api.get<ConversationDetailView>(`${path}/get`, { id }));
      },
    }),
  ],
};

function queryOf(options: FilterOptions): Record<string, string | undefined> {
  const { status, assignee, channel, email, externalUser: externalUserId, attribute } = options;
  const [[key, value] = []] = pairs(attribute === undefined ? [] : [attribute], '=');
  return {
    status,
    assignee,
    channel,
    email,
    externalUserId,
    'customAttribute.key': key,
    'customAttribute.value': value,
  };
}

/** A text as an editor or `echo` leaves it: with a line end that is not meant. */
async function readText(input: Input, file: string): Promise<string> {
  return (await input.bytes(file)).toString('utf8').replace(/\r?\n$/, '');
}

/** Shows what a person wants to know of a conversation; the rest is in the JSON. */
function show(out: Output, conversation: ConversationDetailView): void {
  const { claim, aiHandoffReason, lastInboundMessagePreview } = conversation;
  const facts = {
    id: conversation.id,
    visitor: conversation.visitorId,
    channel: conversation.channel,
    subject: conversation.subject,
    status: conversation.status,
    resolvedAt: conversation.resolvedAt,
    assignee: conversation.assignedAgentId,
    ai: conversation.aiWorkflowState,
    ...(aiHandoffReason !== null && { handedOff: aiHandoffReason }),
    forPrograms: conversation.automationEligible ? 'free' : 'not free',
    ...(claim !== null && { claimedBy: claim.credentialId, claimedUntil: claim.expiresAt }),
    unread: `${conversation.unreadByAgent} by agents, ${conversation.unreadByVisitor} by the visitor`,
    visitorWroteAt: conversation.lastInboundMessageAt,
    visitorWrote: lastInboundMessagePreview,
    lastMessageAt: conversation.lastMessageAt,
    createdAt: conversation.createdAt,
    updatedAt: conversation.updatedAt,
  };
  out.document(conversation, formatRecord(facts));
}
