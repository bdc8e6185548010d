const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads an ISO 8601 date or time; undefined for anything else. A date alone is its midnight, and
 * what names no offset is in UTC: the time zone of this machine must not decide. Dates that no
 * calendar has are refused; `Date` would move the 30th of February into March.
 */
export function parseIsoTime(text: string): Date | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, , , offset] = match;
  const isDay = Number(day) <= daysInMonth(Number(year), Number(month));
  if (Number(year) < 1 || Number(day) < 1 || !isDay) return undefined;
  // `Date` reads an offset with a colon everywhere, and takes a time without one as local.
  const isLocal = hour !== undefined && offset === undefined;
  const time = new Date(isLocal ? `${text}Z` : text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  // An offset can move the first and the last day out of the years that four digits name.
  const utcYear = time.getUTCFullYear();
  return utcYear >= 1 && utcYear <= 9_999 ? time : undefined;
}

/** Zero for a month that does not exist. */
function daysInMonth(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
