import { findEventType } from './catalogue.ts';
import { issuesOf, type DataVerdict } from './issues.ts';

/**
 * Whether `data` has the form of the built-in type `name`. Members that the schema does not know are
 * kept (S-101). A name that is no built-in type is refused; for tenants' own types there is
 * `compileTenantSchema`.
 */
export function validateEventData(name: string, data: unknown): DataVerdict {
  const type = findEventType(name);
  if (type === undefined) {
    return { ok: false, issues: [{ pointer: '', message: `There is no event type ${name}.` }] };
  }
  const parsed = type.data.safeParse(data);
  return parsed.success
    ? { ok: true, data: parsed.data }
    : { ok: false, issues: issuesOf(parsed.error) };
}
