import { readFile } from 'node:fs/promises';
import { usageFailure } from './failure.ts';
import type { Host } from './host.ts';

/** Reads what a command line names: files, or standard input for `-`. */
export interface Input {
  /** Whether something other than a keyboard is connected to standard input. */
  readonly isPiped: boolean;
  /** The bytes of a file, or of standard input. Throws a usage failure. */
  bytes(file: string): Promise<Buffer>;
  /** The document in a JSON file, or in standard input. Throws a usage failure. */
  json(file: string): Promise<unknown>;
  /** The same, where it has to be an object. Throws a usage failure. */
  object(file: string): Promise<Record<string, unknown>>;
}

const bytesMax = 8 * 1_024 * 1_024;

export function makeInput({ stdin }: Pick<Host, 'stdin'>): Input {
  let isRead = false;
  const bytes = async (file: string): Promise<Buffer> => {
    if (file !== '-') return readNamed(file);
    if (isRead) throw usageFailure('Standard input can be read for one thing only.');
    isRead = true;
    return readAll(stdin);
  };
  const json = async (file: string): Promise<unknown> => {
    const text = (await bytes(file)).toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw usageFailure(`${nameOf(file)} is not JSON: ${(error as Error).message}`);
    }
  };
  return {
    isPiped: stdin.isTTY !== true,
    bytes,
    json,
    async object(file) {
      const value = await json(file);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw usageFailure(`${nameOf(file)} does not hold a JSON object.`);
      }
      return value as Record<string, unknown>;
    },
  };
}

const nameOf = (file: string): string => (file === '-' ? 'Standard input' : file);

async function readNamed(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw usageFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

async function readAll(stdin: Host['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytesMax) throw usageFailure('Standard input is longer than 8 MiB.');
  }
  return Buffer.concat(chunks);
}
