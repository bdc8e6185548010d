/**
 * The states of an outbound message (S-118). Nothing in the API archives one, and nothing brings it back.
 *
 *   draft ──activate──▶ active ◀──activate── paused
 *                       active ───pause────▶ paused
 */
export const outboundMessageStatuses = ['draft', 'active', 'paused', 'archived'] as const;
export type OutboundMessageStatus = (typeof outboundMessageStatuses)[number];

/** What each command makes of a message, and of messages in which states. */
export const outboundMessageCommands = {
  activate: { to: 'active', from: ['draft', 'paused', 'active'] },
  pause: { to: 'paused', from: ['active', 'paused'] },
} as const;
export type OutboundMessageCommand = keyof typeof outboundMessageCommands;

/**
 * The state that a command leads to, or undefined where it is not allowed. A command whose state is
 * reached already is allowed and changes nothing, so that it can be repeated.
 */
export function statusAfter(
  command: OutboundMessageCommand,
  status: OutboundMessageStatus,
): 'active' | 'paused' | undefined {
  const { to, from } = outboundMessageCommands[command];
  return (from as readonly OutboundMessageStatus[]).includes(status) ? to : undefined;
}

interface Pointing {
  readonly articleId?: string | undefined;
}

/** The members of a message's content that name something of the tenant. */
interface Content {
  readonly senderId?: string | undefined;
  readonly buttons?: readonly Pointing[] | undefined;
  readonly clickAction?: Pointing | undefined;
}

/** Something of the tenant that a content names. */
export interface ContentReference {
  readonly kind: 'user' | 'article';
  readonly id: string;
  /** Where in the content, as a JSON pointer. */
  readonly pointer: string;
}

/** What a content names: each must be of the tenant (S-117). */
export function referencesOf({ senderId, buttons = [], clickAction }: Content): ContentReference[] {
  const article = (id: string | undefined, pointer: string): ContentReference[] =>
    id === undefined ? [] : [{ kind: 'article', id, pointer }];
  return [
    ...(senderId === undefined
      ? []
      : [{ kind: 'user' as const, id: senderId, pointer: '/senderId' }]),
    ...buttons.flatMap(({ articleId }, at) => article(articleId, `/buttons/${at}/articleId`)),
    ...article(clickAction?.articleId, '/clickAction/articleId'),
  ];
}
