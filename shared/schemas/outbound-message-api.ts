import { z } from 'zod';
import { outboundMessageStatuses } from '../domain/outbound-message.ts';
import { targetingSchema } from '../domain/targeting.ts';
import { momentSchema, timestampSchema } from './common.ts';
import { textSchema } from './resource-api.ts';

const objectSchema = z.record(z.string(), z.unknown());
const statusSchema = z.enum(outboundMessageStatuses);
const frequencySchema = z.enum(['once', 'once_per_session', 'always']);

export const outboundMessageSchema = z
  .strictObject({
    id: z.uuid(),
    workspaceId: z.uuid().describe('The tenant'),
    name: z.string(),
    content: objectSchema,
    targeting: objectSchema.nullable(),
    triggers: objectSchema.nullable(),
    frequency: frequencySchema.nullable(),
    scheduling: objectSchema.nullable(),
    status: statusSchema,
    priority: z.int().nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'OutboundMessage' });

export const outboundMessageFilters = { status: statusSchema.optional() } as const;

/** An address that a visitor's browser opens or shows: it runs no code. */
const linkSchema = z.url({ protocol: /^https?$/, error: 'An http or https URL.' }).max(2048);

/** Where a click leads, beside what it does. */
const target = {
  url: linkSchema.optional(),
  articleId: z.uuid().optional().describe('An article of the tenant'),
  tabId: textSchema(255).optional(),
  prefillMessage: textSchema(1000).optional(),
};

/** Actions that lead nowhere without one of the members beside them. */
const needed: Readonly<Record<string, string>> = {
  url: 'url',
  open_url: 'url',
  open_help_article: 'articleId',
  tour: 'tourId',
};

/** Refuses an action that lacks the member that it leads to. */
function requireTarget(
  action: string,
  click: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
) {
  const member = needed[action];
  if (member === undefined || click[member] !== undefined) return;
  context.addIssue({ code: 'custom', path: [member], message: `${action} needs ${member}.` });
}

const buttonSchema = z
  .strictObject({
    text: textSchema(255),
    action: z.enum([
      'url',
      'dismiss',
      'tour',
      'open_new_conversation',
      'open_help_article',
      'open_widget_tab',
    ]),
    ...target,
    tourId: textSchema(255).optional(),
  })
  .superRefine((button, context) => requireTarget(button.action, button, context));

const clickActionSchema = z
  .strictObject({
    type: z.enum([
      'open_messenger',
      'open_new_conversation',
      'open_widget_tab',
      'open_help_article',
      'open_url',
      'dismiss',
    ]),
    ...target,
  })
  .superRefine((click, context) => requireTarget(click.type, click, context));

const contentSchema = z
  .strictObject({
    text: textSchema(10_000),
    senderId: z.uuid().describe('The user of the tenant it comes from'),
    title: textSchema(500),
    body: textSchema(10_000),
    imageUrl: linkSchema,
    videoUrl: linkSchema,
    style: z.enum(['inline', 'floating']),
    dismissible: z.boolean(),
    buttons: z.array(buttonSchema).max(10),
    clickAction: clickActionSchema,
  })
  .partial()
  .meta({ id: 'OutboundMessageContent' });

const triggersSchema = z.strictObject({
  type: z.enum(['immediate', 'page_visit', 'time_on_page', 'scroll_depth', 'event']),
  pageUrl: textSchema(2048).optional(),
  pageUrlMatch: z.enum(['exact', 'contains', 'regex']).optional(),
  delaySeconds: z.number().min(0).max(86_400).optional(),
  scrollPercent: z.number().min(0).max(100).optional(),
  eventName: textSchema(255).optional(),
});

const schedulingSchema = z
  .strictObject({ startDate: momentSchema.optional(), endDate: momentSchema.optional() })
  .refine(
    ({ startDate, endDate }) =>
      startDate === undefined ||
      endDate === undefined ||
      Date.parse(startDate) < Date.parse(endDate),
    { path: ['endDate'], error: 'The end is after the start.' },
  );

const writable = {
  name: textSchema(255),
  content: contentSchema,
  targeting: targetingSchema.nullable().describe('Null: for every visitor'),
  triggers: triggersSchema.nullable(),
  frequency: frequencySchema.nullable(),
  scheduling: schedulingSchema.nullable(),
  priority: z.int32().nullable(),
};

export const newOutboundMessageSchema = z
  .strictObject(writable)
  .partial()
  .required({ name: true, content: true })
  .meta({ id: 'NewOutboundMessage' });
export const outboundMessageChangeSchema = z
  .strictObject(writable)
  .partial()
  .extend({ outboundMessageId: z.uuid() })
  .meta({ id: 'OutboundMessageChange' });
