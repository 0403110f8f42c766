import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime, userInfo } from 'node:os';
import { toInstant, type Clock } from '../model/time.ts';
import type { LockInfo } from './lock.ts';

/** Names one process among all that ever ran on a machine. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

/** This machine and this process, as far as locks and file owners ask. */
export interface Host {
  /** `user@host`. */
  readonly who: string;
  /** The effective user; `undefined` where the system has no such number. */
  readonly userId: number | undefined;
  readonly self: ProcessIdentity;
  /** False only where the process is gone for certain; `undefined` where that cannot be told from here. */
  readonly isAlive: (process: ProcessIdentity) => boolean | undefined;
}

/** What every lock of this process says of itself. */
export interface LockOwner {
  readonly host: Host;
  readonly clock: Clock;
  readonly synclineVersion: string;
  readonly newId: () => string;
}

/** @param taken what is locked, by which command, and whether for writing */
export function lockInfo(
  { host, clock, synclineVersion, newId }: LockOwner,
  taken: Pick<LockInfo, 'operation' | 'writes' | 'path' | 'fence'>,
): LockInfo {
  return {
    id: newId(),
    operation: taken.operation,
    writes: taken.writes,
    who: host.who,
    version: synclineVersion,
    created: toInstant(clock.now()),
    path: taken.path,
    ...host.self,
    fence: taken.fence,
  };
}

/** As much of Node's `process` as a host needs. */
export interface ProcessHandle {
  readonly pid: number;
  geteuid?(): number;
  kill(pid: number, signal: 0): boolean;
}

/**
 * @param process Node's own, from the composition root
 * @param clock dates the boot on systems that do not name it
 */
export function nodeHost(process: ProcessHandle, clock: Clock): Host {
  const self: ProcessIdentity = {
    pid: process.pid,
    started: startOf(process.pid)?.started ?? '',
    bootId: bootId(clock),
    pidNamespace: readOr(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  };
  const userId = process.geteuid?.();
  return {
    who: `${userName(userId)}@${hostname()}`,
    userId,
    self,
    isAlive(other) {
      // The same boot is not enough: a container shares it with its machine and counts its processes anew.
      if (other.bootId !== self.bootId || other.pidNamespace !== self.pidNamespace) {
        return undefined;
      }
      return isRunning(process, other);
    },
  };
}

function isRunning(process: ProcessHandle, other: ProcessIdentity): boolean {
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM means that there is such a process, of another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') {
      return false;
    }
  }
  const found = startOf(other.pid);
  if (found === undefined) {
    return true; // Processes of others may be hidden in /proc; one that answers is not declared dead.
  }
  // A zombie has ended and only waits for its parent.
  return found.status !== 'Z' && found.status !== 'X' && (other.started === '' || found.started === other.started);
}

/** Status letter and start time in clock ticks since boot: fields 3 and 22 of /proc/PID/stat, see proc_pid_stat(5). */
function startOf(pid: number): { status: string; started: string } | undefined {
  const text = readOr(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command in field 2 stands in brackets and may hold blanks and brackets itself.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const status = fields?.[0];
  const started = fields?.[19];
  return status === undefined || started === undefined ? undefined : { status, started };
}

function bootId(clock: Clock): string {
  const named = readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))?.trim();
  // To the nearest ten seconds, since both readings waver; a wrong guess only asks for a force-unlock.
  return named ?? `boot-${Math.round((clock.now() / 1000 - uptime()) / 10)}`;
}

function userName(userId: number | undefined): string {
  return readOr(() => userInfo().username) ?? `uid-${userId ?? 'unknown'}`;
}

/** For sources that not every system has. */
function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
