import { z } from 'zod';
import { STREAM_EVENT_NAMES, streamCatalogue, type StreamEventName } from '../platform/events/stream-catalogue.js';

const NAMES = STREAM_EVENT_NAMES.join(', ');

export const streamQuery = z.strictObject({
  events: z
    .string()
    .min(1, `Name at least one event. Valid: ${NAMES}.`)
    .max(500)
    .transform((text, context) => {
      const names = text.split(',').map((name) => name.trim());
      const unknown = names.filter((name) => !Object.hasOwn(streamCatalogue, name));
      if (unknown.length > 0) {
        const message = `Unknown event ${unknown.slice(0, 10).join(', ')}. Valid: ${NAMES}.`;
        context.issues.push({ code: 'custom', message, input: text });
      }
      return new Set(names as StreamEventName[]);
    })
    .optional()
    .describe(`Comma-separated events to tell, all by default: ${NAMES}. \`reset\` is always told.`),
  device: z
    .uuid('Must be a UUID.')
    .transform((id) => id.toLowerCase())
    .optional()
    .describe('Of `device.state` only what is about this device. Other events are not touched.'),
  last_event_id: z
    .string()
    .max(100)
    .optional()
    .describe(
      'For clients that cannot send the header `Last-Event-ID`, which comes first: tell what came after this event.',
    ),
});
export type StreamQuery = z.output<typeof streamQuery>;

const id = z.string().describe('`<epoch>-<number>`: send the last one as `Last-Event-ID` when you come back');
const parsed = STREAM_EVENT_NAMES.map((name) => {
  const { meaning, schema } = streamCatalogue[name];
  return z.object({ id, event: z.literal(name), data: schema }).describe(meaning);
});

/** An event as a client parses it. */
export const streamEventSchema = z.union(parsed);

/** One of each, by name. */
export const streamExamples = Object.fromEntries(
  STREAM_EVENT_NAMES.map((event, index) => [
    event,
    { id: `4f1c09a27e-${index + 1}`, event, data: streamCatalogue[event].example },
  ]),
);
