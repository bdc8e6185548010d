import type { CliFailure } from '../failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { printableLines } from './printable.ts';

/** What standard error says about a failure: text for people, with `--json` one document. */
export function reportFailure(failure: CliFailure, isJson: boolean): string {
  const { code, message, details, requestId, next } = failure;
  if (isJson) {
    const exitCode = exitCodes[failure.exit].code;
    return JSON.stringify({ error: { code, message, details, requestId, next, exitCode } });
  }
  return printableLines(
    [
      `tidegate: ${code}: ${message}`,
      ...details
        .filter((detail) => detail.message !== message || detail.pointer !== '')
        .map((detail) => `  ${detail.pointer || '/'}: ${detail.message}`),
      ...(requestId === undefined ? [] : [`  request id: ${requestId}`]),
      ...(next === undefined ? [] : [`  next: ${next}`]),
    ].join('\n'),
  );
}
