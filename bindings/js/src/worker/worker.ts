// The script of a worker.

import { expose } from 'comlink';
import { platform } from '#worker-platform';
import { sendErrorsWhole } from '../wire/protocol.js';
import { WorkerApi } from './worker-api.js';

sendErrorsWhole();
expose(new WorkerApi(platform), platform.endpoint);
