import { runService } from './service.ts';
import { startWorker } from './worker.ts';

await runService('worker', process.env, startWorker);
