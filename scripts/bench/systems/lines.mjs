// A program that answers one job a line: the native benches and PyTorch.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A running program, asked one job at a time. */
export class Lines {
  /** @type {{resolve: (answer: any) => void, reject: (error: Error) => void} | undefined} */
  #waiting;

  /** @param {string} program @param {string[]} [args] */
  constructor(program, args = []) {
    this.name = program;
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      const answer = JSON.parse(line);
      if (answer.error) waiting?.reject(new Error(`${this.name}: ${answer.error}`));
      else waiting?.resolve(answer);
    });
    const died = (/** @type {unknown} */ why) => this.#waiting?.reject(new Error(`${this.name} ended: ${why}`));
    this.child.on('error', died);
    this.child.on('exit', died);
  }

  /** @param {object} job @returns {Promise<any>} */
  ask(job) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.child.stdin.write(`${JSON.stringify(job)}\n`);
    });
  }

  stop() {
    this.child.removeAllListeners('exit');
    this.child.stdin.end();
  }
}
