import { createInterface } from 'node:readline/promises';
import { usageFailure } from './failure.ts';
import type { Host } from './host.ts';

/**
 * Makes the question asked before something is taken away. Only `y` and `yes` mean it. Where nobody
 * can be asked, nothing is done without `--yes`: a script must not wait for an answer for ever.
 */
export function makeConfirm(
  { stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>,
  isAgreed: boolean,
): (what: string) => Promise<void> {
  return async (what) => {
    if (isAgreed) return;
    if (stdin.isTTY !== true) {
      throw usageFailure(`${what} Nothing was done.`, 'Repeat the command with --yes.');
    }
    const terminal = createInterface({ input: stdin, output: stderr });
    const answer = await terminal.question(`${what} Go on? [y/N] `).finally(() => terminal.close());
    if (!/^y(es)?$/i.test(answer.trim())) throw usageFailure('Nothing was done.');
  };
}
