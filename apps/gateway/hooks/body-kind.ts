import type { HookSettings } from '../../../shared/db/queries/hooks.ts';
import type { BodyKind } from '../../../shared/domain/request-body.ts';

/** How a body is read: as the hook's sender may send it. */
export function bodyKind(
  { auth }: Pick<HookSettings, 'auth'>,
  headers: Readonly<Record<string, string>>,
): BodyKind {
  return { contentType: headers['content-type'], isFormTaken: auth.authType === 'verifier' };
}
