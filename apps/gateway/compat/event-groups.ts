import type {
  NewOrganizationWebhook,
  OrganizationWebhook,
  OrganizationWebhookChange,
} from '../../../shared/schemas/compat-api.ts';

/** What organization webhooks tell of, as event types. */
export const organizationEventTypes = [
  'transaction.created',
  'transaction.updated',
  'transaction.completed',
  'card.updated',
  'user.updated',
] as const;

type Groups = Pick<
  NewOrganizationWebhook | OrganizationWebhookChange,
  'transaction' | 'card' | 'user'
>;
type EventUrls = Readonly<Record<string, string>>;

/** URLs in groups, as URLs by event type. Null stays: it clears one (S-063). */
export function toEventUrls(groups: NewOrganizationWebhook): Record<string, string>;
export function toEventUrls(groups: Groups): Record<string, string | null>;
export function toEventUrls({ transaction, card, user }: Groups): Record<string, string | null> {
  const urls: Record<string, string | null> = {};
  for (const [group, members] of Object.entries({ transaction, card, user })) {
    for (const [action, url] of Object.entries(members ?? {})) {
      if (url !== undefined) urls[`${group}.${action}`] = url;
    }
  }
  return urls;
}

/** URLs by event type, in groups. A group in which nothing is left is absent. */
export function toGroups(eventUrls: EventUrls): Omit<OrganizationWebhook, 'url'> {
  const groups: Record<string, Record<string, string>> = {};
  for (const type of organizationEventTypes) {
    const url = eventUrls[type];
    const [group = '', action = ''] = type.split('.');
    if (url !== undefined) groups[group] = { ...groups[group], [action]: url };
  }
  return groups;
}
