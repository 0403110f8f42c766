/** Whether a call asks to change records, fields or permissions; judged from the request alone. */
import { plainText } from '../data/plain-text.ts';
import type { SandboxRequest } from '../../vendor.ts';
import { isObject } from './call.ts';

const DATA = /^\/services\/data\/v\d+\.0\/(.*)$/;

/**
 * Reads, tokens, queries, query jobs and composites of reads are none; every call of an ingest job is
 * one but its polls. A composite counts when one of its sub-requests would.
 */
export function isWriteCall(request: Pick<SandboxRequest, 'method' | 'path' | 'query' | 'body'>): boolean {
  const rest = DATA.exec(request.path)?.[1]?.replace(/\/+$/, '');
  if (rest === undefined) return request.path.startsWith('/services/Soap/') && isSoapWrite(request.body);
  const method = (request.method === 'POST' ? request.query.get('_HttpMethod')?.toUpperCase() : undefined) ?? request.method;
  if (method === 'GET' || method === 'HEAD') return false;
  if (/^jobs\/query(?:\/|$)/.test(rest) || /^(?:tooling\/)?query/.test(rest)) return false;
  if (/^composite\/sobjects\/[^/]+$/.test(rest)) return false;
  if (/^composite(?:\/(?:batch|graph))?$/.test(rest)) return compositeWrites(request.body);
  return true;
}

function isSoapWrite(body: Buffer): boolean {
  return /<(?:\w+:)?(?:merge|undelete|convertLead|create|update|upsert|delete|emptyRecycleBin)[\s>]/.test(body.toString('utf8'));
}

function compositeWrites(body: Buffer): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return false;
  }
  if (!isObject(parsed)) return false;
  const graphs = Array.isArray(parsed['graphs']) ? parsed['graphs'] : [parsed];
  const requests = graphs.filter(isObject).flatMap((one) => one['compositeRequest'] ?? one['batchRequests'] ?? []);
  return requests.some((one) => isObject(one) && subRequestWrites(one));
}

function subRequestWrites(request: Readonly<Record<string, unknown>>): boolean {
  const method = plainText(request['method'], 'GET').toUpperCase();
  if (method === 'GET' || method === 'HEAD') return false;
  return !/\/composite\/sobjects\/[^/?]+\/?(?:\?|$)/.test(plainText(request['url']));
}
