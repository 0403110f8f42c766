import type { KeyRotationResult } from '../operations/key-rotation.ts';
import { counted } from './layout.ts';
import { safe } from './safe.ts';

/** What a rotation did, and which keys have to stay at hand. */
export function keyRotationText(result: KeyRotationResult): string {
  const { formerId, keyId, resealed, kept } = result;
  const keptIds = [...new Set(kept.map((one) => one.keyId))];
  const lines = [
    `Key ${formerId} is replaced by ${keyId}: ${counted(resealed, 'value')} encrypted anew.`,
    ...kept.map(
      (one) =>
        `Hashes of ${safe(one.use)} stay under key ${one.keyId}: what they were made from is not stored, so it must stay at hand.`,
    ),
  ];
  if (result.source === 'environment') {
    lines.push(
      keptIds.length === 0
        ? `SYNCLINE_KEY may be the new key (${keyId}) alone from now on, once every stack that it serves is rotated.`
        : `Keep these keys in SYNCLINE_KEY or the key file: ${[keyId, ...keptIds].join(', ')}.`,
    );
  } else if (result.retired.length > 0) {
    lines.push(`Removed from the key file: ${result.retired.join(', ')}.`);
  }
  lines.push('A backup of the ledger from before opens with the former key only.');
  return lines.join('\n');
}

export function keyRotationJson(result: KeyRotationResult): object {
  return {
    type: 'key_rotated',
    former_key: result.formerId,
    key: result.keyId,
    source: result.source,
    encrypted_anew: result.resealed,
    kept: result.kept.map(({ keyId, use }) => ({ key: keyId, use })),
    removed: result.retired,
  };
}
