import type { FieldValues } from '../../model/value.ts';
import type { AgreedRow, MovedRecord, StagedRow, StagedStatus } from '../ledger.ts';
import type { ElementHashes, FieldHashes, MatchKeys } from '../person.ts';
import type { KeyRing } from '../keys.ts';

export interface StagedRecord {
  end: string;
  remote_id: string;
  kind: string;
  person: string | null;
  match_keys: Buffer;
  record_hash: Buffer;
  content: Buffer;
  listed: number;
  status: string;
  reason: string | null;
}

export interface AgreedRecord {
  end: string;
  person: string;
  remote_id: string;
  state: string;
  match_keys: Buffer;
  record_hash: Buffer;
  fields: Buffer;
  elements: Buffer;
  content: Buffer | null;
  listed: number;
  entered: number;
  version: string | null;
}

interface StagedContent {
  readonly values: FieldValues;
  readonly evidence: Readonly<Record<string, string>>;
  readonly modifiedAt?: string;
  readonly version?: string;
  readonly moved?: MovedRecord;
}

export type RowCodec = ReturnType<typeof createRowCodec>;

/** Encrypts and decrypts what the rows hold; binds each ciphertext to its place, so that rows cannot be swapped. */
export function createRowCodec(keys: KeyRing, link: string) {
  function seal(place: string, content: unknown): Buffer {
    return keys.encrypt(JSON.stringify(content), `${link}|${place}`);
  }

  function open(place: string, content: Buffer): unknown {
    return JSON.parse(keys.decrypt(content, `${link}|${place}`).toString('utf8'));
  }

  return {
    seal,
    open,
    sealStaged(row: StagedRow): Buffer {
      const content: StagedContent = {
        values: row.values,
        evidence: row.evidence,
        ...(row.modifiedAt === undefined ? {} : { modifiedAt: row.modifiedAt }),
        ...(row.version === undefined ? {} : { version: row.version }),
        ...(row.moved === undefined ? {} : { moved: row.moved }),
      };
      return seal(`staged|${row.end}|${row.remoteId}`, content);
    },
    openStaged(record: StagedRecord): StagedRow {
      const content = open(`staged|${record.end}|${record.remote_id}`, record.content) as StagedContent;
      return {
        end: record.end,
        remoteId: record.remote_id,
        kind: record.kind as StagedRow['kind'],
        person: record.person ?? undefined,
        matchKeys: decodeMatchKeys(record.match_keys),
        recordHash: record.record_hash,
        values: content.values,
        evidence: content.evidence,
        modifiedAt: content.modifiedAt,
        version: content.version,
        moved: content.moved,
        listed: record.listed,
        status: record.status as StagedStatus,
        reason: record.reason ?? undefined,
      };
    },
    sealValues(end: string, remoteId: string, values: FieldValues | undefined): Buffer | null {
      return values === undefined ? null : seal(`agreed|${end}|${remoteId}`, values);
    },
    openAgreed(record: AgreedRecord): AgreedRow {
      // Most rows are only compared by hash: their values are deciphered on first use.
      let values: FieldValues | undefined;
      let opened = false;
      return {
        person: record.person,
        end: record.end,
        remoteId: record.remote_id,
        state: record.state as AgreedRow['state'],
        matchKeys: decodeMatchKeys(record.match_keys),
        recordHash: record.record_hash,
        fields: decodeFieldHashes(record.fields),
        elements: decodeElementHashes(record.elements),
        listed: record.listed,
        entered: record.entered === 1,
        version: record.version ?? undefined,
        get values() {
          if (!opened) {
            opened = true;
            values =
              record.content === null
                ? undefined
                : (open(`agreed|${record.end}|${record.remote_id}`, record.content) as FieldValues);
          }
          return values;
        },
      };
    },
  };
}

const TAG_BYTES = 4;
const HASH_BYTES = 8;
const COUNT_BYTES = 2;

/** Packs hashes as (4 bytes of the field's tag, 8 bytes of hash), which is a tenth of their size as text. */
export function encodeFieldHashes(fields: FieldHashes): Buffer {
  const packed = Buffer.alloc(fields.size * (TAG_BYTES + HASH_BYTES));
  let offset = 0;
  for (const [tag, hash] of fields) {
    packed.write(tag, offset, 'hex');
    hash.copy(packed, offset + TAG_BYTES, 0, HASH_BYTES);
    offset += TAG_BYTES + HASH_BYTES;
  }
  return packed;
}

export function decodeFieldHashes(packed: Buffer): FieldHashes {
  const fields = new Map<string, Buffer>();
  for (let offset = 0; offset < packed.length; offset += TAG_BYTES + HASH_BYTES) {
    fields.set(
      packed.toString('hex', offset, offset + TAG_BYTES),
      packed.subarray(offset + TAG_BYTES, offset + TAG_BYTES + HASH_BYTES),
    );
  }
  return fields;
}

/** Packs the hashes of sets as runs of (4 bytes of the field's tag, 2 of their number, 8 of each hash). */
export function encodeElementHashes(elements: ElementHashes): Buffer {
  const runs = [...elements].map(([tag, hashes]) => {
    const head = Buffer.alloc(TAG_BYTES + COUNT_BYTES);
    head.write(tag, 0, 'hex');
    head.writeUInt16BE(hashes.length, TAG_BYTES);
    return Buffer.concat([head, ...hashes.map((hash) => hash.subarray(0, HASH_BYTES))]);
  });
  return Buffer.concat(runs);
}

export function decodeElementHashes(packed: Buffer): ElementHashes {
  const elements = new Map<string, readonly Buffer[]>();
  let offset = 0;
  while (offset < packed.length) {
    const tag = packed.toString('hex', offset, offset + TAG_BYTES);
    const count = packed.readUInt16BE(offset + TAG_BYTES);
    const start = offset + TAG_BYTES + COUNT_BYTES;
    elements.set(
      tag,
      Array.from({ length: count }, (_, index) => packed.subarray(start + index * HASH_BYTES, start + (index + 1) * HASH_BYTES)),
    );
    offset = start + count * HASH_BYTES;
  }
  return elements;
}

/** Packs keys as (a byte of rank, 8 bytes of hash); keys that a record does not have are left out. */
export function encodeMatchKeys(keys: MatchKeys): Buffer {
  return Buffer.concat(
    keys.flatMap((key, rank) => (key === undefined ? [] : [Buffer.from([rank]), key.subarray(0, HASH_BYTES)])),
  );
}

export function decodeMatchKeys(packed: Buffer): MatchKeys {
  const keys: (Buffer | undefined)[] = [];
  for (let offset = 0; offset < packed.length; offset += 1 + HASH_BYTES)
    keys[packed.readUInt8(offset)] = packed.subarray(offset + 1, offset + 1 + HASH_BYTES);
  return Array.from(keys);
}
