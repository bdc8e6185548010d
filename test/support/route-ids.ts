import { z } from 'zod';
import type { Route } from './route-calls.ts';

/** Where a route takes what looks like an id, by its schemas. */
export function idMembers({ params, query, body }: Route): string[] {
  const found = new Set<string>();
  const looksLikeId =
    /^(id|.*Ids?|assignee|owner|conversation|message|object|endpoint|event|refEntityType)$/;
  const walk = (schema: JsonSchema | undefined, at: string, defs: Defs, depth: number): void => {
    if (schema === undefined || depth > 8) return;
    if (schema.$ref !== undefined) {
      walk(defs[schema.$ref.split('/').at(-1) ?? ''], at, defs, depth + 1);
    }
    if (schema.format === 'uuid') found.add(at);
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const path = at === '' ? name : `${at}.${name}`;
      if (looksLikeId.test(name) && member.type !== 'array') found.add(path);
      walk(member, path, defs, depth + 1);
    }
    for (const form of schema.anyOf ?? []) walk(form, at, defs, depth + 1);
    if (schema.items !== undefined) {
      if (at.endsWith('Ids')) found.add(`${at}.0`);
      walk(schema.items, `${at}.0`, defs, depth + 1);
    }
  };
  for (const schema of [params, query, body]) {
    if (schema === undefined) continue;
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    walk(json, '', json.$defs ?? {}, 0);
  }
  return [...found];
}

type Defs = Readonly<Record<string, JsonSchema>>;
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Defs;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}
