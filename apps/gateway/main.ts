import { runService } from '../worker/service.ts';
import { startGateway } from './gateway.ts';

await runService('gateway', process.env, startGateway);
