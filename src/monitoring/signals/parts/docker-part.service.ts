import { Injectable } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings.schema.js';
import { SwarmReader } from '../../../swarm/picture/swarm-reader.service.js';
import { dockerUp } from '../docker-up.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** Whether Docker answers, as the workers that refresh the swarm say: a scheduler never touches it. */
@Injectable()
export class DockerPart extends SamplePart {
  readonly name = 'Docker';

  constructor(
    private readonly settings: Settings,
    private readonly reader: SwarmReader,
  ) {
    super();
  }

  async take(): Promise<Sample[]> {
    const up = dockerUp(await this.reader.current(), new Date(), this.settings.swarmRefreshSeconds);
    return ofInstallation({ 'self.docker_up': up });
  }
}
