"""Makes the numbers under tests/reference/ with PyTorch; with --check, compares instead of writing."""

import sys

import torch

import encoder_decoder
import forecasters
import networks
import optim
import sequences
import state_dicts
import store


def main():
    """Writes or checks every file."""
    check = "--check" in sys.argv[1:]
    # One thread, so that sums are always taken in one order.
    torch.set_num_threads(1)
    wrong = []
    count = 0
    store.FOLDER.mkdir(parents=True, exist_ok=True)
    for part in (networks, optim, forecasters, encoder_decoder, sequences):
        for name, tensors, settings in part.make():
            count += 1
            if check:
                wrong += store.check(name, tensors, settings)
            else:
                store.write(name, tensors, settings)
    if check:
        wrong += state_dicts.check()
    else:
        state_dicts.write()
    if check:
        print("\n".join(wrong + [f"{count} files compared, {len(wrong)} differences"]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
