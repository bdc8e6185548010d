import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

/** What the bot has to know after a crash. All of it may be lost: then it looks through all conversations. */
export interface Position {
  /** The last event of the stream that is dealt with. */
  readonly streamed?: string;
  /** Of the feed: the moment until which all is dealt with, and events near it that are. */
  readonly polled?: { readonly sinceMs: number; readonly eventIds: readonly string[] };
  /** The conversation at work, noted before it is claimed, and the message whose answer was sent last. */
  readonly working?: { readonly conversationId: string; readonly answeredId?: string };
}

export interface PositionFile {
  read(): Position;
  change(change: { readonly [Key in keyof Position]: Position[Key] | undefined }): void;
}

/**
 * The position in a file. It is written beside and put in its place by a rename, so that a crash leaves
 * the old one or the new one.
 */
export function openPosition(file: string): PositionFile {
  let position = load(file);
  return {
    read: () => position,
    change(change) {
      // What is undefined is left out of JSON.
      const text = JSON.stringify({ ...position, ...change });
      position = JSON.parse(text) as Position;
      replaceFile(file, text);
    },
  };
}

function load(file: string): Position {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Position;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function replaceFile(file: string, text: string): void {
  const beside = `${file}.next`;
  const handle = openSync(beside, 'w');
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
