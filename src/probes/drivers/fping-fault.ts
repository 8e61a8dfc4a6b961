import { ProbeDriverError } from './probe-driver.port.js';

/** How one run of fping ended. */
export type FpingEnd =
  | { kind: 'exit'; code: number }
  /** Killed by somebody else. */
  | { kind: 'signal'; signal: string }
  /** `code` as the system names it: ENOENT … */
  | { kind: 'not_started'; code: string }
  /** Killed by us: it did not end in time. */
  | { kind: 'hung'; afterMs: number }
  /** Killed by us: it wrote without end. */
  | { kind: 'flood' }
  /** Killed by us: nobody waits for it any more. */
  | { kind: 'aborted' };

/** What was understood of its output. */
export interface FpingHeard {
  asked: number;
  reported: number;
  strangeLines: number;
  firstStrange: string | null;
}

const NOT_PERMITTED =
  'fping may not send pings. Run `setcap cap_net_raw+ep $(command -v fping)`, or give the container of the worker `cap_add: [NET_RAW]`.';
/** More strange lines than this, and most targets missing, is another program's output. */
const STRANGE_SHARE = 0.05;
const STRANGE_ALWAYS_ALLOWED = 10;

/**
 * Whether a run of fping can be trusted. Exit codes of fping(8): 0 all answered, 1 some did not, 2 some addresses were not found,
 * 3 wrong arguments, 4 a system call failed. With 4 it prints nothing, and it is nearly always the privilege for raw sockets.
 * @returns what is broken and how to mend it; null when the reports count
 */
export function fpingFault(path: string, end: FpingEnd, heard: FpingHeard): ProbeDriverError | null {
  switch (end.kind) {
    case 'not_started':
      return notStarted(path, end.code);
    case 'signal':
      return new ProbeDriverError(
        'fping_killed',
        `fping was killed by ${end.signal} before it had reported. The next cycle starts it anew; if it goes on, look for the ` +
          'out-of-memory killer in the log of the kernel.',
      );
    case 'hung':
      return new ProbeDriverError(
        'fping_hung',
        `fping did not end within ${(end.afterMs / 1_000).toFixed(1)} s and was killed. The next cycle starts it anew; if it goes on, ` +
          `try ${path} by hand.`,
      );
    case 'flood':
      return garbage(path, heard);
    case 'aborted':
      return null;
    case 'exit':
      return exitFault(path, end.code, heard);
  }
}

function notStarted(path: string, code: string): ProbeDriverError {
  if (code === 'ENOENT') {
    return new ProbeDriverError(
      'fping_missing',
      `fping is not installed: there is no program "${path}". Install it, for example with \`apt install fping\`, or set ` +
        'SWARMWARD_FPING_PATH.',
    );
  }
  // A file with capabilities that the container does not have cannot even be started.
  if (code === 'EPERM') return new ProbeDriverError('fping_not_permitted', NOT_PERMITTED);
  if (code === 'EACCES') {
    const message = `"${path}" may not be executed (EACCES). Make it executable, or set SWARMWARD_FPING_PATH.`;
    return new ProbeDriverError('fping_not_permitted', message);
  }
  return new ProbeDriverError('fping_failed', `"${path}" could not be started (${code}).`);
}

function exitFault(path: string, code: number, heard: FpingHeard): ProbeDriverError | null {
  const { asked, reported, strangeLines, firstStrange } = heard;
  const said = firstStrange === null ? '' : `: ${firstStrange}`;
  if (code === 4) return new ProbeDriverError('fping_not_permitted', NOT_PERMITTED);
  if (code > 2 || (code === 2 && reported === 0) || (reported === 0 && isUsage(firstStrange))) {
    return new ProbeDriverError('fping_failed', `fping ended with exit code ${code}${said}. Try ${path} by hand.`);
  }
  const allowed = Math.max(STRANGE_ALWAYS_ALLOWED, asked * STRANGE_SHARE);
  if (reported === 0 || (strangeLines > allowed && reported < asked / 2)) return garbage(path, heard);
  return null;
}

function isUsage(line: string | null): boolean {
  return line !== null && /invalid option|usage:|these options are too risky/i.test(line);
}

/** fping built with safe limits refuses a pace of less than 1 ms to everybody but root. */
export function refusesPace(end: FpingEnd, { reported, firstStrange }: FpingHeard): boolean {
  return end.kind === 'exit' && reported === 0 && firstStrange !== null && /too risky|-i >= /.test(firstStrange);
}

function garbage(path: string, { reported, asked, firstStrange }: FpingHeard): ProbeDriverError {
  const said = firstStrange === null ? 'nothing' : `"${firstStrange}"`;
  return new ProbeDriverError(
    'fping_garbage',
    `"${path}" reported ${reported} of ${asked} addresses and said ${said}: that is not fping. Set SWARMWARD_FPING_PATH to fping 4 or newer.`,
  );
}
