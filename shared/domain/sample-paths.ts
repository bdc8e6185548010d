/** The tree of paths that a sample offers for mappings (S-042). */
import { isJsonObject } from './json-object.ts';

export interface SamplePath {
  /** A JSONata expression that yields this value of the sample. */
  readonly path: string;
  /** The last step, as people read it: a key, or `[0]`. */
  readonly label: string;
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** The value in short, redacted where its key names a secret; absent for objects and arrays. */
  readonly example?: string;
  /** Keys in alphabetical order. An array has one child: its first item that is not null. */
  readonly children: readonly SamplePath[];
}

export interface SampleTree {
  readonly paths: readonly SamplePath[];
  /** False when the sample holds more than is shown. */
  readonly isComplete: boolean;
}

const depthMax = 16;
const nodesMax = 2_000;
const exampleLengthMax = 80;
const secretKey =
  /pass(word|wd|phrase)|secret|token|api[-_]?key|authorization|credential|cookie|signature|private[-_]?key/i;

/** A node whose children are still to be found. `children` is the array that its node shows. */
interface Open {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
  readonly isSecret: boolean;
  readonly children: SamplePath[];
}

/**
 * Builds the tree, level by level, so that what is left out of a large sample is what lies deepest.
 * A sample that is not an object is found as `value`, as in a mapping (S-039).
 */
export function samplePaths(sample: unknown): SampleTree {
  const root = isJsonObject(sample) ? sample : { value: sample };
  const paths: SamplePath[] = [];
  const open: Open[] = [{ value: root, path: '', depth: 0, isSecret: false, children: paths }];
  let nodeCount = 0;
  let isComplete = true;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const { key, value } of partsOf(next.value)) {
      if (nodeCount >= nodesMax || next.depth >= depthMax) {
        isComplete = false;
        break;
      }
      nodeCount += 1;
      const isSecret = next.isSecret || (typeof key === 'string' && secretKey.test(key));
      const path = stepTo(next.path, key);
      const children: SamplePath[] = [];
      next.children.push({
        path,
        label: typeof key === 'string' ? key : `[${key}]`,
        kind: kindOf(value),
        ...exampleOf(value, isSecret),
        children,
      });
      open.push({ value, path, depth: next.depth + 1, isSecret, children });
    }
  }
  return { paths, isComplete };
}

interface Part {
  /** A number for an item of an array. */
  readonly key: string | number;
  readonly value: unknown;
}

function partsOf(value: unknown): readonly Part[] {
  if (Array.isArray(value)) {
    const index = value.findIndex((item) => item !== null);
    return index < 0 ? [] : [{ key: index, value: value[index] }];
  }
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .toSorted()
    .map((key) => ({ key, value: value[key] }));
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const keywords = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);
/** Back-quotes have no escapes: keys that hold one, or a control character, are written as strings. */
const quotable = /^[^`\p{Cc}]+$/u;

function stepTo(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  const isPlain = plainName.test(key) && !keywords.has(key);
  if (!isPlain && !quotable.test(key)) return `${path === '' ? '$' : path}.${JSON.stringify(key)}`;
  const step = isPlain ? key : `\`${key}\``;
  return path === '' ? step : `${path}.${step}`;
}

function kindOf(value: unknown): SamplePath['kind'] {
  if (Array.isArray(value)) return 'array';
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return typeof value as 'string' | 'number' | 'boolean';
  }
  return 'object';
}

function exampleOf(value: unknown, isSecret: boolean): { readonly example?: string } {
  if (typeof value === 'object' && value !== null) return {};
  if (isSecret && value !== null) return { example: '[redacted]' };
  const text = String(value);
  const isLong = text.length > exampleLengthMax;
  return { example: isLong ? `${text.slice(0, exampleLengthMax - 1)}…` : text };
}
