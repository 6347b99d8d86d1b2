// The package as Node gets it: pkg/ is built for the web, and Node hands it the wasm's bytes.
import { readFile } from 'node:fs/promises';
import * as unrolled from '../../pkg/unrolled.js';

unrolled.initSync({ module: await readFile(new URL('../../pkg/unrolled_bg.wasm', import.meta.url)) });
export { unrolled };
