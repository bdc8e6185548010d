import { ensureTag, linkTag, taggedTypes } from '../../shared/db/queries/tags.ts';
import { countCharacters } from '../../shared/domain/characters.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue } from './contract.ts';
import { defineAction } from './define-action.ts';
import { recordEvent } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { choice, externalId, longText, ref, required, text } from './fields.ts';

const tagLengthMax = 50;

const refusals = { tag_links_tenant_id_created_by_fkey: noSuchId('created_by') };

/** Puts a tag on an entity, once (S-033). */
export const addTagToEntityByExternalId = defineAction({
  name: 'addTagToEntityByExternalId',
  entityType: 'tag',
  displayName: 'Add tag',
  description: 'Puts a tag on the entity with an external id.',
  targetFields: [
    required(choice('entity_type', taggedTypes, 'What the external id stands for')),
    required(externalId('External id of the entity')),
    required(longText('tag_text', `Text of the tag, trimmed; 1 to ${tagLengthMax} characters`)),
    text('background_color', 'Colour of a new tag', 32),
    text('text_color', 'Colour of the text of a new tag', 32),
    ref('created_by', 'user', 'User who tags'),
  ],
  behavior: [
    'A tag is one for each text of a tenant, whatever its case; one that exists keeps its colours.',
    'An entity that has the tag already is left alone: success, with `created` false.',
  ],
  metadata: {
    created: 'whether this delivery put the tag there',
    entity_type: 'type of the entity',
    entity_id: 'id of the entity',
  },
  events: ['tag.added'],
  async handle(context, fields) {
    const { tx } = context;
    const tagText = fields.tag_text.trim();
    if (tagText === '' || countCharacters(tagText) > tagLengthMax) {
      return refuseValue('tag_text', `A tag has 1 to ${tagLengthMax} characters.`);
    }
    const { entity_type: entityType, created_by: createdBy } = fields;
    const entityId = await lookUp(context, entityType, fields.external_id);
    if (isRefusal(entityId)) return entityId;
    const { background_color: backgroundColor, text_color: textColor } = fields;
    const tagId = await ensureTag(tx, { text: tagText, backgroundColor, textColor });
    const link = { tagId, entityType, entityId, createdBy };
    const isNew = await refusing(refusals, () => linkTag(tx, link));
    if (isRefusal(isNew)) return isNew;
    if (isNew) {
      await recordEvent(context, {
        type: 'tag.added',
        objectType: entityType,
        objectId: entityId,
        data: { tagId },
      });
    }
    return {
      entityId: tagId,
      externalId: fields.external_id,
      message: isNew ? 'Tag added.' : 'The tag was there already.',
      metadata: { created: isNew, entity_type: entityType, entity_id: entityId },
    };
  },
});
