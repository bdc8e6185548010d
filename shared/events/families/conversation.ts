import { defineFamily } from '../event-type.ts';
import { id, oneOf, open } from '../parts.ts';

const aiWorkflowStates = ['none', 'ai_handled', 'handoff'] as const;

const conversationChannel = oneOf(['chat', 'email'], 'Where the conversation takes place');
const status = oneOf(['open', 'closed', 'snoozed'], 'Status of the conversation');
const aiWorkflowState = oneOf(aiWorkflowStates, 'What the built-in AI does with the conversation');

const conversation = {
  type: 'conversation',
  id: '018f2f6e-7a51-7c44-9b1e-5d0f3a8c2b10',
} as const;
const agentId = '018f2f6e-1111-7000-8000-000000000001';

export const conversationFamily = defineFamily({
  title: 'Conversations',
  description:
    'Conversations with visitors, as the product and the automation API write them. Typing, presence and a repeated send of one `Idempotency-Key` record nothing.',
  types: [
    {
      name: 'conversation.created',
      title: 'Conversation begun',
      description: 'A visitor or an agent has begun a conversation.',
      data: open({
        channel: conversationChannel,
        status,
        visitorId: id('the visitor'),
        aiWorkflowState: aiWorkflowState.optional(),
      }),
      resourceTypes: ['conversation'],
      attributes: ['channel', 'conversation', 'aiWorkflowState'],
      examples: [
        {
          resource: conversation,
          data: {
            channel: 'chat',
            status: 'open',
            visitorId: '018f2f6e-2222-7000-8000-000000000002',
          },
        },
      ],
    },
    {
      name: 'conversation.updated',
      title: 'Conversation changed',
      description:
        'Status, assignee or the state of the AI has changed. Only what has changed is there.',
      data: open({
        status: status.optional(),
        assignedAgentId: id('the agent it is assigned to; null when it is nobody’s')
          .nullable()
          .optional(),
        aiWorkflowState: aiWorkflowState.optional(),
      })
        .refine((data) => Object.keys(data).length > 0, 'At least one member must be there.')
        .meta({ minProperties: 1 }),
      resourceTypes: ['conversation'],
      attributes: ['conversation', 'aiWorkflowState'],
      examples: [
        { resource: conversation, data: { status: 'closed' } },
        { resource: conversation, data: { assignedAgentId: agentId } },
        { resource: conversation, data: { aiWorkflowState: 'handoff' } },
      ],
    },
  ],
});

export const messageFamily = defineFamily({
  title: 'Messages',
  description: 'Messages of conversations. They are never changed, so there is one type.',
  types: [
    {
      name: 'message.created',
      title: 'Message sent',
      description: 'Somebody has sent a message. Its text is read over the API.',
      data: open({
        conversationId: id('the conversation'),
        senderType: oneOf(['user', 'visitor', 'agent', 'bot'], 'Who sent it'),
        channel: conversationChannel,
      }),
      resourceTypes: ['message'],
      attributes: ['channel', 'conversation', 'message'],
      examples: [
        {
          resource: { type: 'message', id: '018f2f6e-8b00-7d10-8a55-3c9e6f1d2a77' },
          data: { conversationId: conversation.id, senderType: 'visitor', channel: 'chat' },
        },
      ],
    },
  ],
});
