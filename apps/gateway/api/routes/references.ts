import { z } from 'zod';
import {
  listReferenceOptions,
  referenceOptionsMax,
} from '../../../../shared/db/queries/reference-options.ts';
import { toStorableText } from '../../../../shared/domain/storable-text.ts';
import { referenceTypes } from '../../../../shared/domain/reference-type.ts';
import { referenceOptionSchema } from '../../../../shared/schemas/catalogue-api.ts';
import { defineRoute, type ApiRoute } from '../route.ts';
import { hooksPath } from './hooks.ts';

const params = z.object({
  refEntityType: z.enum(referenceTypes).describe("The field's `refEntityType` in the catalogue"),
});
const query = z.object({
  search: z
    .string()
    .trim()
    .max(200)
    .optional()
    .describe('A text that the label must contain, in any case; all when absent'),
});

/** What the fields of actions can refer to, for a picker (S-043). */
export const referenceRoutes: readonly ApiRoute[] = [
  defineRoute({
    method: 'GET',
    path: `${hooksPath}/references/:refEntityType`,
    operationId: 'listReferences',
    tag: 'Catalogue',
    summary: 'The entities of the tenant that a field of an action can refer to',
    description: `At most ${referenceOptionsMax}, by name: narrow the search to see others. Of work items the newest 2,000 of each kind are searched.`,
    permission: 'inbound_webhook.read',
    params,
    query,
    status: 200,
    response: z.strictObject({ data: z.array(referenceOptionSchema) }),
    async handle({ tx, params: { refEntityType }, query: { search = '' } }) {
      return { data: await listReferenceOptions(tx, refEntityType, toStorableText(search)) };
    },
  }),
];
