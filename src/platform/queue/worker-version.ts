/** The product's version as a worker shows it in the registry. */
export abstract class WorkerVersion {
  abstract readonly text: string;
}
