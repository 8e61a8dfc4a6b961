import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import snmp, { type Session, type Varbind } from 'net-snmp';
import type { SnmpCredential } from '../../devices/credential.js';
import { decodeVarbind } from './decode-varbind.js';
import {
  SnmpAgent,
  type SnmpAnswer,
  type SnmpErrorCode,
  type SnmpReading,
  type SnmpTarget,
} from './snmp-agent.port.js';

const SYS_UPTIME = '1.3.6.1.2.1.1.3.0';
/** Fits a response of common values into one datagram. */
const OIDS_PER_REQUEST = 24;
const RETRIES = 1;
/** RFC 3416: the answer would not fit; asked again in halves. */
const TOO_BIG = 1;

interface Asked {
  readings: SnmpReading[];
  uptimeTicks: number | null;
}

/** SNMP v2c and v3 by net-snmp, one socket for each agent asked. */
@Injectable()
export class NetSnmpAgent extends SnmpAgent {
  async get(target: SnmpTarget, oids: readonly string[], signal: AbortSignal): Promise<SnmpAnswer> {
    if (oids.length === 0 || signal.aborted) return { readings: oids.map(() => notPolled()), uptimeTicks: null };
    let session: Session;
    try {
      session = open(target);
    } catch (error) {
      return { readings: failures(oids, 'agent_error', (error as Error).message), uptimeTicks: null };
    }
    // Unreadable datagrams are told by this event, which nobody hearing would end the process.
    session.on('error', () => undefined);
    try {
      return await this.inBatches(session, target, oids, signal);
    } finally {
      close(session);
    }
  }

  private async inBatches(
    session: Session,
    target: SnmpTarget,
    oids: readonly string[],
    signal: AbortSignal,
  ): Promise<SnmpAnswer> {
    const answer: SnmpAnswer = { readings: [], uptimeTicks: null };
    for (let from = 0; from < oids.length; from += OIDS_PER_REQUEST) {
      const batch = oids.slice(from, from + OIDS_PER_REQUEST);
      const silent = from > 0 && answer.readings.every(isSilence);
      const asked: Asked = silent
        ? { readings: batch.map(() => answer.readings[0]!), uptimeTicks: null }
        : await ask(session, target, batch, signal);
      answer.readings.push(...asked.readings);
      answer.uptimeTicks ??= asked.uptimeTicks;
    }
    return answer;
  }
}

/** Some agents answer with something else: they count as having none. */
function ticksOf(reading: SnmpReading): number | null {
  const ticks = reading.kind === 'number' ? Number(reading.value) : -1;
  return Number.isInteger(ticks) && ticks >= 0 && ticks < 2 ** 32 ? ticks : null;
}

class NotPolledError extends Error {}

async function ask(session: Session, target: SnmpTarget, oids: readonly string[], signal: AbortSignal): Promise<Asked> {
  if (signal.aborted) return { readings: oids.map(() => notPolled()), uptimeTicks: null };
  try {
    const [uptime, ...varbinds] = await request(session, [SYS_UPTIME, ...oids], signal);
    return {
      readings: oids.map((_, index) => {
        const varbind = varbinds[index];
        return varbind
          ? decodeVarbind(varbind)
          : failure('agent_error', 'The agent left this value out of its answer.');
      }),
      uptimeTicks: uptime ? ticksOf(decodeVarbind(uptime)) : null,
    };
  } catch (error) {
    if (isTooBig(error) && oids.length > 1) {
      const half = Math.ceil(oids.length / 2);
      const first = await ask(session, target, oids.slice(0, half), signal);
      const second = await ask(session, target, oids.slice(half), signal);
      return {
        readings: [...first.readings, ...second.readings],
        uptimeTicks: first.uptimeTicks ?? second.uptimeTicks,
      };
    }
    const reading = explain(error as Error, target);
    return { readings: oids.map(() => reading), uptimeTicks: null };
  }
}

/** The session cannot cancel what it has not sent yet, so the end of the time is awaited beside it; closing frees the rest. */
function request(session: Session, oids: string[], signal: AbortSignal): Promise<Varbind[]> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new NotPolledError());
    signal.addEventListener('abort', giveUp, { once: true });
    session.get(oids, (error, varbinds) => {
      signal.removeEventListener('abort', giveUp);
      if (error) reject(error);
      else resolve(varbinds ?? []);
    });
  });
}

function open({ address, port, credential, timeoutMs }: SnmpTarget): Session {
  const common = {
    port,
    timeout: timeoutMs,
    retries: RETRIES,
    backoff: 1,
    transport: isIPv6(address) ? ('udp6' as const) : ('udp4' as const),
    idBitsSize: 32 as const,
  };
  if (credential.kind === 'snmp_v2c') {
    return snmp.createSession(address, credential.community, { ...common, version: snmp.Version2c });
  }
  return snmp.createV3Session(address, userOf(credential), { ...common, version: snmp.Version3 });
}

function userOf({ user: name, auth, priv }: Extract<SnmpCredential, { kind: 'snmp_v3' }>): snmp.User {
  const { SecurityLevel, AuthProtocols, PrivProtocols } = snmp;
  if (!auth) return { name, level: SecurityLevel.noAuthNoPriv };
  const authenticated = { name, authProtocol: AuthProtocols[auth.protocol], authKey: auth.key };
  if (!priv) return { ...authenticated, level: SecurityLevel.authNoPriv };
  return {
    ...authenticated,
    level: SecurityLevel.authPriv,
    privProtocol: PrivProtocols[priv.protocol],
    privKey: priv.key,
  };
}

/** Closing twice, or a socket that never opened, throws. */
function close(session: Session): void {
  try {
    session.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw error;
  }
}

function explain(error: Error, { address, port, credential, timeoutMs }: SnmpTarget): SnmpReading {
  if (error instanceof NotPolledError) return notPolled();
  if (error.name === 'RequestTimedOutError') {
    const secret = credential.kind === 'snmp_v2c' ? 'the community is wrong' : 'the user or its keys are wrong';
    const seconds = ((timeoutMs * (RETRIES + 1)) / 1_000).toFixed(1);
    return failure(
      'no_response',
      `No answer from ${address}:${port} within ${seconds} s: the agent does not run, a firewall is between, or ${secret}.`,
    );
  }
  const { code } = error as { code?: unknown };
  const { ResponseInvalidCode } = snmp;
  if (code === ResponseInvalidCode.EAuthFailure || code === ResponseInvalidCode.ECouldNotDecrypt) {
    return failure('authentication_failed', `The agent refused the user or its keys: ${error.message}`.slice(0, 300));
  }
  return failure('agent_error', error.message.slice(0, 300));
}

const failure = (code: SnmpErrorCode, message: string): SnmpReading => ({ kind: 'error', code, message });
const failures = (oids: readonly string[], code: SnmpErrorCode, message: string): SnmpReading[] =>
  oids.map(() => failure(code, message));
const notPolled = (): SnmpReading => failure('not_polled', 'There was no time left to ask for it.');
const isSilence = (reading: SnmpReading): boolean => reading.kind === 'error' && reading.code === 'no_response';
const isTooBig = (error: unknown): boolean => (error as { status?: unknown }).status === TOO_BIG;
