import { eventFamilies, eventTypes, findEventType } from '../../shared/events/catalogue.ts';
import { dataJsonSchema, schemaVersion } from '../../shared/events/envelope.ts';
import type { EventExample, EventFamily, EventType } from '../../shared/events/event-type.ts';
import { filterLimits } from '../../shared/events/filters.ts';
import { schemaLimits } from '../../shared/events/schema-check.ts';
import { schemaFormats, schemaKeywords } from '../../shared/events/schema-keywords.ts';
import type { NewSourceEvent } from '../../shared/events/sources/source-event.ts';
import { dataValuesMax } from '../../shared/events/tenant-schema.ts';
import { reservedFamilies, typeNameCharactersMax } from '../../shared/events/tenant-types.ts';
import { fieldTables } from './field-table.ts';
import { code } from './markdown.ts';
import { eventOfStep, purchaseFlows, type PurchaseFlow } from './purchase-flows.ts';
import { cardProgram, cardViews, mailSystem } from './event-sources.ts';

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
const codes = (texts: Iterable<string>): string => [...texts].map(code).join(', ');

/** docs/events.md */
export function eventsPage(): string {
  return [
    introduction(),
    envelope(),
    filters(),
    receipts(),
    loops(),
    outage(),
    tenantTypes(),
    '## Types',
    summary(),
    ...eventFamilies.map(family),
    purchases(),
    sources(),
  ].join('\n\n');
}

function introduction(): string {
  return `# Events

What happens in Tidegate is recorded as events, in the transaction in which it happens: a change that is
rolled back leaves none. Endpoints get them as signed webhooks, and the feed lists them; both show the
same id and type.

- **Open.** A later version may add types and members. Receivers ignore what they do not know.
- **At least once, in no order.** The same event can arrive twice, and an earlier one after a later one.
  De-duplicate by \`id\`; where the latest state matters, read it over the API.
- **Facts, not texts.** An event says what happened to which object. What people wrote is read over the
  API, except for mail and for the purchases of a card program, whose receivers need it.`;
}

function envelope(): string {
  const type = findEventType('ticket.created');
  const { data, resource } = firstExample(type);
  return `## The body

An endpoint with the default profile gets:

${json({
  id: 'evt_018f2f6e9c007e209b664daf702e3b88',
  type: 'ticket.created',
  schema_version: schemaVersion,
  created_at: '2026-03-02T10:15:30.123Z',
  data,
  resource,
})}

| member | meaning |
| --- | --- |
| \`id\` | the same on every attempt and every replay |
| \`type\` | one of those [below](#types), or one of the tenant's own |
| \`schema_version\` | version of this body; ${schemaVersion} until a member changes its meaning |
| \`created_at\` | when it happened; the same on every attempt |
| \`data\` | depends on the type |
| \`resource\` | what it is about: \`type\` and \`id\` |
| \`receipt\` | only when the event [awaited one](#receipts): \`blockNumber\` and \`transactionHash\` |`;
}

function filters(): string {
  return `## What an endpoint gets

An endpoint without filters gets everything of its tenant but [events about deliveries](#events-about-deliveries). Each list that it has must let an event
through, and a list does when it holds one of the event's values. A list that is absent or empty asks for
nothing; in a change, an empty list clears the filter.

| list | holds | compared with |
| --- | --- | --- |
| \`eventTypes\` | names, or patterns: \`ticket.*\` is every type that begins with \`ticket.\`, \`*\` every type but those about deliveries; at most ${filterLimits.eventTypes} | the type |
| \`resourceTypes\` | such as \`ticket\` | \`resource.type\` |
| \`channels\` | such as \`chat\`, \`email\`, \`support_ticket\` | \`data.channel\` |
| \`aiWorkflowStates\` | \`none\`, \`ai_handled\`, \`handoff\` | \`data.aiWorkflowState\` |
| \`filters.owners\` | ids of what events belong to: the agent of a mail, the client of a ticket, the card of a purchase, the user whose card was viewed | the owner |
| \`filters.conversations\` | ids of conversations, of A–Z a–z 0–9 _ - | the conversation |
| \`filters.labels\` | labels, 1 to ${filterLimits.labelCharacters} of a–z 0–9 : _ - | the labels |

Each but the first has at most ${filterLimits.entries} entries of at most ${filterLimits.characters} characters. An event that lacks what
a list is compared with is let through by no such list. Which types carry what is said with each type.`;
}

function receipts(): string {
  const awaiting = eventTypes.filter(({ mayAwaitReceipt }) => mayAwaitReceipt);
  return `## Receipts

Some events cause an operation on a blockchain. They go out once, when its receipt is known, with
\`receipt\`: \`{ "blockNumber": 21000000, "transactionHash": "0x…" }\`. When the operation is reverted they
do not go out at all. All other events go out at once and have no receipt.

Only ${codes(awaiting.map(({ name }) => name))} can await one. None does for a declined purchase, for a refund that is only announced, for an amount or a
change of 0, or when exactly what was held is settled.`;
}

function loops(): string {
  return `## Events about deliveries

\`endpoint.*\`, \`delivery.*\` and \`replay.*\` say how deliveries fare. An endpoint gets them when its
\`eventTypes\` names the type or the family: neither \`*\` nor an empty list means them. None goes to the
endpoint that it is about, and a failed delivery of such an event records no
\`delivery.failed\`. So no report causes another. A test goes to the endpoint that is tested and to no other.`;
}

function outage(): string {
  return `## After an outage of the receiver

Deliveries are retried for more than a day, and what is due to a paused or disabled endpoint is held. After
a longer outage:

1. \`POST /api/v1/webhooks/{id}/redeliver-since\` with the time the outage began, at most 7 days back, sends
   the endpoint again what it was to get. What is still pending is not sent twice.
2. \`GET /api/v1/events?since=…&until=…\` lists what happened, for 30 days, by which a receiver can find
   what it lacks without a delivery. Page by \`nextCursor\` until \`hasMore\` is false.
3. Either way events keep their ids. Record each id with its effect, and skip those that are recorded.`;
}

function tenantTypes(): string {
  const keywords = [...schemaKeywords.keys()];
  return `## Types of your own

A tenant can register types and publish events of them over the API. The name is two or more words of
a–z, 0–9 and _ joined by full stops, at most ${typeNameCharactersMax} characters, such as \`order.shipped\`. Its first word is none of
${codes(reservedFamilies)}.

\`data\` has a JSON Schema of draft 2020-12 with \`"type": "object"\`, and an event whose data does not fit is
refused:

${json({
  type: 'object',
  required: ['orderId', 'carrier'],
  properties: {
    orderId: { type: 'string', maxLength: 40 },
    carrier: { enum: ['post', 'courier'] },
    shippedAt: { type: 'string', format: 'date-time' },
  },
})}

- Keywords: ${codes(keywords)}. Any other is refused.
- \`format\` is checked, and is one of ${codes(schemaFormats)}.
- \`$ref\` is to \`#/$defs/…\` of the same schema, and not recursive. Nothing is ever fetched.
- \`pattern\` and \`patternProperties\` are refused: an expression can be written that takes for ever on a
  short text. So is \`uniqueItems\`, whose time grows with the square of the list.
- At most ${schemaLimits.bytes} bytes, ${schemaLimits.depth} levels, and with references resolved ${schemaLimits.weight} of these together: subschemas, required names,
  and pieces of 100 characters of enumerations. Data has at most ${dataValuesMax} values, fewer for a schema past
  50 of those.
- The schema is interpreted. No code is made of it, so nothing in it can run.

\`data\` with members \`channel\`, \`aiWorkflowState\`, \`clientId\` (the owner), \`conversationId\`, \`messageId\` or
\`labels\` can be filtered by them like that of built-in types.`;
}

function summary(): string {
  const rows = eventTypes.map(
    ({ name, title }) => `| [${name}](#${name.replaceAll('.', '')}) | ${title} |`,
  );
  return `| type | what happened |\n| --- | --- |\n${rows.join('\n')}`;
}

function family({ title, description, types }: EventFamily): string {
  return [`## ${title}`, description, ...types.map(section)].join('\n\n');
}

function section(type: EventType): string {
  const facts = [
    `About: ${codes(type.resourceTypes)}.`,
    ...(type.attributes.length > 0 ? [`Can be filtered by ${type.attributes.join(', ')}.`] : []),
    `Since ${type.since}.`,
  ].join(' ');
  return [
    `### ${type.name}`,
    type.description,
    facts,
    fieldTables(dataJsonSchema(type)),
    ...type.examples.map(({ data }) => json(data)),
  ].join('\n\n');
}

function purchases(): string {
  return [
    `## How purchases go

A purchase keeps its \`id\` from the authorization to the end. What is collected from the holder or goes
back moves on the blockchain, so those events [await a receipt](#receipts). Every sequence below is what
the mapping makes of the reports of a card program.`,
    ...purchaseFlows.map(flow),
  ].join('\n\n');
}

function flow({ title, description, steps }: PurchaseFlow): string {
  const told = steps.map((step, index) => {
    const event = eventOfStep(step);
    return `${index + 1}. ${step.says} ${code(event.type)}, ${sent(event)}:\n\n${json(event.data)}`;
  });
  return [`### ${title}`, description, ...told].join('\n\n');
}

const sent = ({ awaitsReceipt }: NewSourceEvent): string =>
  awaitsReceipt ? 'sent with its receipt' : 'sent at once';

function sources(): string {
  return [
    `## What source systems report

Reports of other systems become events by fixed rules. A report that no event stands for is ignored, and
one that is not as shown is refused with the member at fault.`,
    `### A card program

\`{resource, action, body}\`. Names, addresses and the program's own id of the holder are dropped. Merchant
texts are trimmed. \`exchangeRate\` is passed on only when the two currencies differ, and never on an
update. An \`authorizedAmount\` of 0 or null on a settlement is none. A reason for which this side declined
replaces the program's. Requests for authorization, notifications on cards and disputes are ignored.`,
    ...cardProgram.map((report) => json(report)),
    `| card program | event |
| --- | --- |
| \`active\` | \`ACTIVE\` |
| \`locked\` | \`FROZEN\` |
| \`canceled\` | \`DELETED\` |
| \`notActivated\` | \`INACTIVE\` |`,
    `### Views of business cards

\`cardId\` is absent for a profile. Without \`source\` a profile is seen by \`link\` and a card by \`qr\`. A view by
the owner is ignored.`,
    ...cardViews.map((report) => json(report)),
    `### Mail of agents

The members of the event, beside \`event\`, \`agent\` and \`labels\`. The id of the event is \`evt_\` and the first 32
hexadecimal digits of the SHA-256 of message id, \`|\` and type, so a repeated report is the same event.`,
    ...mailSystem.map((report) => json(report)),
  ].join('\n\n');
}

function firstExample(type: EventType | undefined): EventExample {
  if (type === undefined) throw new Error('the page shows a type that the catalogue does not have');
  return type.examples[0];
}
