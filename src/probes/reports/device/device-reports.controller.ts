import { Controller, Get, Param, Query } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings.schema.js';
import { ApiEndpoint } from '../../../platform/http/endpoint.decorator.js';
import { envelope } from '../../../platform/http/envelope.js';
import { timeRange } from '../time-range.js';
import { DeviceHistory } from './device-history.store.js';
import * as dto from './device-reports.dto.js';
import { DeviceStateReader } from './device-state.store.js';
import { KnownDevices } from './known-device.store.js';
import { fromStep, planRollup } from './rollup-plan.js';
import { DeviceRollups } from './rollups.store.js';

const tag = 'Device states';

/** What probes found out about one device. */
@Controller('api/v1/devices/:id')
export class DeviceReportsController {
  constructor(
    private readonly devices: KnownDevices,
    private readonly states: DeviceStateReader,
    private readonly history: DeviceHistory,
    private readonly rollupReader: DeviceRollups,
    private readonly settings: Settings,
  ) {}

  @Get('state')
  @ApiEndpoint({
    tag,
    summary: 'State of a device',
    description:
      'Of a device that was never probed the state is `unknown`, and all that only a probe can tell is null. An enabled device whose last ' +
      'probe was more than three intervals ago is `unknown` too (`not_probed`); what the last probe found stays beside it.',
    role: 'viewer',
    params: dto.deviceParams,
    response: dto.deviceStateSchema,
    example: dto.deviceStateExample,
    errors: ['device_not_found'],
  })
  async state(@Param() { id }: dto.DeviceParams) {
    return envelope(await this.states.one(id, Date.now()));
  }

  @Get('pings')
  @ApiEndpoint({
    tag,
    summary: 'Results of the probes of a device',
    description: 'Of the last day, unless `from` or `to` say otherwise. Kept for `SWARMWARD_PING_RETENTION_DAYS`.',
    role: 'viewer',
    params: dto.deviceParams,
    query: dto.pingsQuery,
    response: dto.pingSchema,
    list: true,
    example: dto.pingExample,
    errors: ['device_not_found'],
  })
  async pings(@Param() { id }: dto.DeviceParams, @Query() query: dto.PingsQuery) {
    return this.history.pings(await this.devices.numOf(id), query, Date.now());
  }

  @Get('rollups')
  @ApiEndpoint({
    tag,
    summary: 'Round-trip times and losses of a device as a series',
    description:
      'Made of raw results, of rollups of five minutes or of an hour: `resolution` says which, `step_seconds` how wide a point is.',
    role: 'viewer',
    params: dto.deviceParams,
    query: dto.rollupsQuery,
    response: dto.rollupsSchema,
    example: dto.rollupsExample,
    errors: ['device_not_found'],
  })
  async rollups(@Param() { id }: dto.DeviceParams, @Query() query: dto.RollupsQuery) {
    const now = Date.now();
    const asked = timeRange(query, { now, defaultDays: 1 });
    const num = await this.devices.numOf(id);
    const plan = planRollup(asked, query.resolution, { now, rawKeptDays: this.settings.pingRetentionDays });
    const range = fromStep(asked, plan);
    const [points, completeUntil] = await Promise.all([
      this.rollupReader.points(num, range, plan),
      this.rollupReader.completeUntil(plan.resolution),
    ]);
    return envelope({
      device_id: id,
      from: new Date(range.from).toISOString(),
      to: new Date(range.to).toISOString(),
      resolution: plan.resolution,
      step_seconds: plan.stepSeconds,
      complete_until: completeUntil,
      points,
    });
  }

  @Get('events')
  @ApiEndpoint({
    tag,
    summary: 'Changes of state of a device',
    role: 'viewer',
    params: dto.deviceParams,
    query: dto.stateEventsQuery,
    response: dto.stateEventSchema,
    list: true,
    example: dto.stateEventExample,
    errors: ['device_not_found'],
  })
  async events(@Param() { id }: dto.DeviceParams, @Query() query: dto.StateEventsQuery) {
    return this.history.events(await this.devices.numOf(id), query);
  }
}
