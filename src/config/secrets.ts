import { isAbsolute, resolve } from 'node:path';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import { Secret } from '../model/secret.ts';
import type { Address } from '../model/address.ts';
import type { ConfigurationFileSystem } from './file-system.ts';
import { isInside, systemReason } from './find-files.ts';
import type { Environment } from './stack.ts';
import { nearest } from './suggestion.ts';

/** Settings of an `authentication` block: literals as they are, everything referred to as a secret. */
type ResolvedAuthentication = Readonly<Record<string, string | Secret>>;

export interface ResolvedSecrets {
  /** Absent when a secret is missing. */
  readonly authentication?: ResolvedAuthentication;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_SECRET_BYTES = 64 * 1024;

type Found = { readonly secret: Secret; readonly warning?: Fault } | Fault;

interface Fault {
  readonly code: DiagnosticCode;
  readonly detail: string;
  readonly hint: string;
}

/** An integration as declared, or as applied: then it has no place in a file any more. */
export interface SecretOwner {
  readonly address: Address;
  readonly spec: { readonly authentication: object };
  source?(path: readonly (string | number)[]): SourceRange;
}

/**
 * Reads what the `authentication` of an integration refers to. Every missing variable or file is
 * named; no value ever is.
 *
 * @param root absolute path of the configuration folder, where relative paths begin and must stay
 */
export async function resolveSecrets(
  integration: SecretOwner,
  environment: Environment,
  fileSystem: ConfigurationFileSystem,
  root: string,
): Promise<ResolvedSecrets> {
  const resolved: Record<string, string | Secret> = {};
  const diagnostics: Diagnostic[] = [];
  const report = (severity: Diagnostic['severity'], setting: string, { code, detail, hint }: Fault) =>
    diagnostics.push({
      severity,
      code,
      detail,
      hint,
      address: integration.address,
      ...(integration.source === undefined ? {} : { source: integration.source(['spec', 'authentication', setting]) }),
    });
  for (const [setting, value] of Object.entries(integration.spec.authentication)) {
    if (typeof value === 'string') {
      resolved[setting] = value;
      continue;
    }
    const reference = value as { readonly env?: string; readonly file?: string };
    const found =
      reference.env === undefined
        ? await fromFile(reference.file!, fileSystem, root)
        : fromEnvironment(reference.env, environment);
    if ('secret' in found) {
      resolved[setting] = found.secret;
      if (found.warning !== undefined) report('warning', setting, found.warning);
    } else {
      report('error', setting, found);
    }
  }
  return diagnostics.some(({ severity }) => severity === 'error') ? { diagnostics } : { authentication: resolved, diagnostics };
}

const ALONE = 'set it to the secret, and nothing else';

/** The secret alone: files and variables tend to end with a line break that is none of it. */
function secretOf(text: string): Secret {
  return new Secret(withoutEnd(text));
}

/** Why a text can be no secret, in the words that follow its place; it would fail as a header, far from here. */
function faultOf(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  if (text.includes('-----BEGIN ')) return undefined;
  // oxlint-disable-next-line no-control-regex
  const [control] = /[\0-\x08\n-\x1f\x7f]/.exec(withoutEnd(text)) ?? [];
  if (control === undefined) return undefined;
  return control === '\n' || control === '\r' ? 'holds several lines' : 'holds a control character';
}

function withoutEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}

function fromEnvironment(name: string, environment: Environment): Found {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  const fault = value === undefined ? 'is not set' : faultOf(value);
  if (fault === undefined) return { secret: secretOf(value!) };
  if (value?.trim()) return { code: 'CONFIG_MISSING_SECRET', detail: `The environment variable ${name} ${fault}.`, hint: ALONE };
  const set = Object.keys(environment).filter((other) => (environment[other] ?? '') !== '');
  const similar = nearest(name, set);
  return {
    code: 'CONFIG_MISSING_SECRET',
    detail: `The environment variable ${name} ${fault}.`,
    hint: similar === undefined ? `set it:\n  export ${name}='...'` : `${similar} is set: was that one meant?`,
  };
}

async function fromFile(path: string, fileSystem: ConfigurationFileSystem, root: string): Promise<Found> {
  const missing = (detail: string, hint = 'put the secret into the file, and nothing else'): Found => ({
    code: 'CONFIG_MISSING_SECRET',
    detail,
    hint,
  });
  const outside: Fault = {
    code: 'CONFIG_OUTSIDE_ROOT',
    detail: `The path ${path} leaves the configuration folder.`,
    hint: 'write an absolute path for a file elsewhere',
  };
  const absolute = resolve(root, path);
  if (!isAbsolute(path) && !isInside(absolute, resolve(root))) return outside;
  try {
    const real = await fileSystem.realPath(absolute);
    if (!isAbsolute(path) && !isInside(real, await fileSystem.realPath(root))) return outside;
    const { bytes: size, mode } = await fileSystem.status(real);
    if (size > MAX_SECRET_BYTES) return missing(`The file ${path} is larger than 64 KiB, so it is hardly a secret.`);
    const bytes = await fileSystem.readFile(real, MAX_SECRET_BYTES);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const fault = faultOf(text);
    if (fault !== undefined) return missing(`The file ${path} ${fault}.`);
    const secret = secretOf(text);
    return (mode & 0o004) === 0 ? { secret } : { secret, warning: readableByOthers(path) };
  } catch (error) {
    if (error instanceof TypeError) return missing(`The file ${path} is not text in UTF-8.`);
    return missing(`The file ${path} cannot be read: ${systemReason(error)}.`);
  }
}

function readableByOthers(path: string): Fault {
  return {
    code: 'CONFIG_READABLE_SECRET_FILE',
    detail: `Every user of this machine can read ${path}.`,
    hint: `take that away:\n  chmod 600 ${path}`,
  };
}
