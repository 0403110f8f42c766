const MAX_LENGTH = 300;
const MAIL_ADDRESS = /[^\s<>"'`(),;:[\]]+@[^\s<>"'`(),;:[\]]+/gu;
// oxlint-disable-next-line no-control-regex -- control and direction characters are what is removed here
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/**
 * A vendor's own words, fit for messages: one line, at most 300 characters, without control
 * characters, mail addresses and the given secrets. What a vendor says is untrusted and may quote
 * what was sent to it.
 */
export function vendorWords(text: string, secrets: readonly string[] = []): string {
  let words = text.slice(0, MAX_LENGTH * 8);
  for (const secret of secrets) if (secret.length >= 4) words = words.replaceAll(secret, '(sensitive value)');
  words = words.replace(UNPRINTABLE, ' ').replace(MAIL_ADDRESS, '(address)').replace(/ {2,}/g, ' ').trim();
  return words.length > MAX_LENGTH ? `${words.slice(0, MAX_LENGTH - 1)}…` : words;
}
