/**
 * Whether a stream gets colour: the flag, then NO_COLOR, then TERM=dumb, then FORCE_COLOR, then
 * whether it is a terminal (no-color.org, force-color.org).
 */
export function selectColour(
  flag: boolean,
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (!flag) return false;
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if (environment['TERM'] === 'dumb') return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal;
}
