/** What one check found. */
export type Finding =
  | { readonly isOk: true; readonly detail: string }
  | {
      readonly isOk: false;
      readonly detail: string;
      /** What to do about it, as a sentence. */
      readonly fix: string;
    };

/** Looks at one thing. One that throws counts as failed, with its message. */
export interface Check {
  readonly name: string;
  readonly look: () => Promise<Finding> | Finding;
  /** What to do when `look` throws. */
  readonly fix: string;
  /** The check without whose success this one has nothing to look at, and is left out. */
  readonly needs?: string;
}

export type NamedFinding = Finding & { readonly name: string };

export const ok = (detail: string): Finding => ({ isOk: true, detail });
export const fail = (detail: string, fix: string): Finding => ({ isOk: false, detail, fix });

/** Runs the checks one after the other: several look at the same port or server. */
export async function runChecks(checks: readonly Check[]): Promise<NamedFinding[]> {
  const findings: NamedFinding[] = [];
  for (const { name, look, fix, needs } of checks) {
    const isInVain = findings.some((finding) => finding.name === needs && !finding.isOk);
    if (!isInVain) findings.push({ name, ...(await lookSafely(look, fix)) });
  }
  return findings;
}

async function lookSafely(look: Check['look'], fix: string): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return fail(error instanceof Error ? oneLine(error.message) : String(error), fix);
  }
}

/** As part of a line: without line breaks and the last full stop. */
const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');

/** One line for a finding: what is well, or what is not and how to mend it. */
export function formatFinding(finding: NamedFinding): string {
  const state = finding.isOk ? 'ok  ' : 'FAIL';
  const line = `  ${state}  ${finding.name.padEnd(18)}${finding.detail}`;
  return finding.isOk ? line : `${line}. Fix: ${finding.fix}`;
}
