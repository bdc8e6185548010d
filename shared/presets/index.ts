import { boards } from './boards.ts';
import { chat } from './chat.ts';
import { code } from './code.ts';
import { commerce } from './commerce.ts';
import { documents } from './documents.ts';
import { email } from './email.ts';
import { hosting } from './hosting.ts';
import { monitoring } from './monitoring.ts';
import { payments } from './payments.ts';
import type { Preset } from './preset.ts';
import { sales } from './sales.ts';
import { serviceDesk } from './service-desk.ts';
import { social } from './social.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { telephony } from './telephony.ts';
import { tidegate } from './tidegate.ts';

/** Every known sender, in the order of their names. */
export const presets: readonly Preset[] = [
  tidegate,
  ...boards,
  ...chat,
  ...code,
  ...commerce,
  ...documents,
  ...email,
  ...hosting,
  ...monitoring,
  ...payments,
  ...sales,
  ...serviceDesk,
  ...social,
  ...standardWebhooks,
  ...telephony,
].toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));

export function findPreset(id: string): Preset | undefined {
  return presets.find((preset) => preset.id === id);
}
