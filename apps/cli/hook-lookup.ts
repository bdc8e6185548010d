import { fromWireId } from '../../shared/domain/ids.ts';
import { path, type Api } from './api.ts';
import { CliFailure } from './failure.ts';
import { readList } from './options/list.ts';
import type { HookView } from '../../shared/schemas/hook-api.ts';

export type HookAnswer = { readonly data: HookView };

/** What commands call the hook they work on: its id or its slug. */
export async function findHook(api: Api, idOrSlug: string): Promise<HookAnswer> {
  if (isHookId(idOrSlug)) return api.get(path`/inbound-webhooks/${idOrSlug}`);
  const { data } = await readList<HookView>(api, '/inbound-webhooks', { all: true });
  const hook = data.find(({ slug }) => slug === idOrSlug);
  if (hook !== undefined) return { data: hook };
  throw new CliFailure({
    exit: 'notFound',
    code: 'not_found',
    message: `The tenant has no hook ${idOrSlug}.`,
    next: '"tidegate hooks list" shows them; a hook is named by its slug or its id.',
  });
}

/** The path of a hook, without looking it up when its id was given. */
export async function hookPath(api: Api, idOrSlug: string): Promise<string> {
  const id = isHookId(idOrSlug) ? idOrSlug : (await findHook(api, idOrSlug)).data.id;
  return path`/inbound-webhooks/${id}`;
}

const isHookId = (text: string): boolean => fromWireId('hook', text) !== undefined;
